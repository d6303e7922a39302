"""A circuit as Aer is given it: instructions that it knows, a parameter for each angle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Parameter
from qiskit_aer import AerSimulator

from ...primitives.observables import FloatArray
from .aer_unroller import ROTATIONS_AS_RZ, Unroller
from .angles import Angles
from .noise import Noise

Binds = list[dict[Parameter, list[float]]]
"""Aer's ``parameter_binds``: for each parameter its values, row by row."""

_QUARTER = np.pi / 2
_CLIFFORD_TOLERANCE = 1e-9

_WRONG: Mapping[str, frozenset[str]] = defaultdict(
    frozenset, {"matrix_product_state": frozenset({"initialize"})}
)
"""What a method knows and does wrong: docs/engines.md has a reproducer of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A circuit, ready to be bound by Aer."""

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


def template_of(
    circuit: QuantumCircuit, method: str, noise: Noise | None, *, has_resets: bool
) -> Template:
    """Write a circuit in instructions that a method of Aer knows and binds right.

    An instruction that Aer knows by its name stays as it is, because noise is keyed by names; any
    other is replaced by its definition, as far down as needed. Where noise is keyed by the name of
    one of those, the parts are ideal and the noise follows them.

    Args:
        circuit: As the user gave it.
        method: One of Aer's methods.
        noise: What the gates suffer.
        has_resets: Whether a reset may find its qubit in another state than 0.

    Raises:
        UnsupportedError: An instruction is neither known to Aer nor defined.
    """
    is_clifford = method == "stabilizer"
    is_reset_noisy = noise is not None and "reset" in noise.gate_names
    unroller = Unroller(
        native_names(method),
        native_names("automatic"),
        noise,
        ROTATIONS_AS_RZ if is_clifford else {},
        drops_resets=not (has_resets or is_reset_noisy),
    )
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


@cache
def native_names(method: str) -> frozenset[str]:
    """Return the names of the gates and other instructions that a method of Aer knows."""
    return frozenset(AerSimulator(method=method).configuration().basis_gates) - _WRONG[method]
