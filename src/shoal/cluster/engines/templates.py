"""A circuit in the instructions that a simulator knows, with a parameter for each angle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Parameter

from ...primitives.observables import FloatArray
from .angles import Angles
from .unroller import Unroller, UnrollerRules

Binds = list[dict[Parameter, list[float]]]
"""Aer's ``parameter_binds``: for each parameter its values, row by row."""

_QUARTER = np.pi / 2
_CLIFFORD_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A circuit, ready to be bound."""

    circuit: QuantumCircuit
    """Every angle that depends on a parameter is a plain parameter of its own; no global phase."""
    slots: tuple[Parameter, ...]
    """The circuit's own parameters."""
    angles: Angles
    """What the slots hold, as functions of the user's parameters."""
    is_clifford: bool
    """Whether the slots take multiples of a quarter turn only."""

    def binds(self, rows: FloatArray) -> Binds | None:
        """Return Aer's ``parameter_binds`` of rows [R, P]; ``None`` where nothing is to bind."""
        if not self.slots:
            return None
        values = self.angles.at(rows)
        if self.is_clifford:
            values = np.rint(values / _QUARTER) * _QUARTER
        return [dict(zip(self.slots, values.tolist(), strict=True))]

    def is_clifford_at(self, rows: FloatArray) -> bool:
        """Whether all angles, constant ones too, are multiples of a quarter turn at all rows."""
        constants = np.array(list(_constant_turns(self.circuit)))
        turns = np.concatenate([constants, self.angles.at(rows).reshape(-1)]) / _QUARTER
        return bool(np.all(np.abs(turns - np.rint(turns)) < _CLIFFORD_TOLERANCE))


def unrolled_template(
    circuit: QuantumCircuit, rules: UnrollerRules, *, is_clifford: bool = False
) -> Template:
    """Write a circuit in other instructions.

    Args:
        circuit: As the user gave it.
        rules: What is known, and what is done with the rest.
        is_clifford: Whether the template is bound to multiples of a quarter turn only.

    Raises:
        UnsupportedError: An instruction is neither known nor defined.
    """
    unroller = Unroller(rules)
    body = unroller.unrolled(circuit)
    angles = Angles.of(unroller.angles, circuit.parameters)
    return Template(body, tuple(unroller.slots), angles, is_clifford)


def _constant_turns(circuit: QuantumCircuit) -> Iterator[float]:
    """Yield the angles of a circuit's RZ gates that no parameter changes."""
    for one in circuit.data:
        if isinstance(one.operation, ControlFlowOp):
            for block in one.operation.blocks:
                yield from _constant_turns(block)
        elif one.name == "rz" and not getattr(one.params[0], "parameters", None):
            yield float(one.params[0])
