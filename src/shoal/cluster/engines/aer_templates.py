"""A circuit as Aer is given it: instructions that it knows, a parameter for each angle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    Clbit,
    ControlFlowOp,
    Gate,
    Operation,
    Parameter,
    ParameterExpression,
    Qubit,
)
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

from ...primitives.errors import UnsupportedError
from ...primitives.observables import FloatArray
from .angles import Angles

UNBINDABLE = frozenset(
    {"delay", "diagonal", "initialize", "mcphase", "multiplexer", "pauli", "unitary"}
)
"""Instructions whose parameters Aer does not bind as angles."""

_NOT_GATES = frozenset({"barrier", "measure", "reset", "store", "break_loop", "continue_loop"})
_STANDARD = {name: type(gate) for name, gate in get_standard_gate_name_mapping().items()}


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A program's circuit, ready to be bound by Aer."""

    circuit: QuantumCircuit
    """Every angle that depends on a parameter is a plain parameter of its own; no global phase."""
    slots: tuple[Parameter, ...]
    """The circuit's own parameters."""
    angles: Angles
    """What the slots hold, as functions of the user's parameters."""

    def binds(self, rows: FloatArray) -> list[dict[Parameter, list[float]]] | None:
        """Return Aer's ``parameter_binds`` of rows [R, P]; ``None`` where nothing is to bind."""
        if not self.slots:
            return None
        values = self.angles.at(rows)
        return [dict(zip(self.slots, values.tolist(), strict=True))]


def template_of(circuit: QuantumCircuit, native: Iterable[str]) -> Template:
    """Write a circuit in instructions that Aer knows and binds.

    An instruction that Aer knows by its name stays as it is, because noise is keyed by names; any
    other is replaced by its definition, as far down as needed.

    Args:
        circuit: As the user gave it.
        native: Names of the gates and instructions that the method knows.

    Raises:
        UnsupportedError: An instruction is neither known to Aer nor defined.
    """
    unroller = _Unroller(frozenset(native))
    body = unroller.unrolled(circuit)
    body.global_phase = 0.0
    return Template(body, tuple(unroller.slots), Angles.of(unroller.angles, circuit.parameters))


class _Unroller:
    """Rewrites circuits recursively, and collects the angles that depend on parameters."""

    def __init__(self, native: frozenset[str]) -> None:
        self._native = native
        self.slots: list[Parameter] = []
        self.angles: list[ParameterExpression] = []

    def unrolled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        target = circuit.copy_empty_like()
        target.global_phase = 0.0
        for instruction in circuit.data:
            self._append(target, instruction, instruction.qubits, instruction.clbits)
        return target

    def _append(
        self,
        target: QuantumCircuit,
        instruction: CircuitInstruction,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
    ) -> None:
        operation = instruction.operation
        if self._is_native(operation):
            target.append(self._with_slots(operation), qubits, clbits)
        elif operation.name == "box":
            self._inline(target, operation.blocks[0], qubits, clbits)
        elif isinstance(operation, ControlFlowOp):
            blocks = [self.unrolled(block) for block in operation.blocks]
            target.append(operation.replace_blocks(blocks), qubits, clbits)
        else:
            self._inline(target, _definition(operation), qubits, clbits)

    def _inline(
        self,
        target: QuantumCircuit,
        body: QuantumCircuit,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
    ) -> None:
        place: dict[Any, Any] = dict(zip(body.qubits, qubits, strict=True))
        place |= dict(zip(body.clbits, clbits, strict=True))
        for inner in body.data:
            self._append(
                target, inner, [place[q] for q in inner.qubits], [place[c] for c in inner.clbits]
            )

    def _is_native(self, operation: Operation) -> bool:
        name = operation.name
        if name in _NOT_GATES:
            return True
        if name not in self._native or isinstance(operation, ControlFlowOp):
            return False
        # A gate of the user's own may bear the name of a standard one and mean another.
        is_homonym = isinstance(operation, Gate) and not isinstance(
            operation, _STANDARD.get(name, Gate)
        )
        if is_homonym:
            return False
        return not (name in UNBINDABLE and _parameters_of(operation))

    def _with_slots(self, operation: Operation) -> Operation:
        if not _parameters_of(operation):
            return operation
        params = list(operation.params)
        for position, value in enumerate(params):
            if isinstance(value, ParameterExpression) and value.parameters:
                slot = Parameter(f"angle{len(self.slots)}")
                self.slots.append(slot)
                self.angles.append(value)
                params[position] = slot
        # A plain gate, since Aer takes no notice of a ControlledGate's parameters and leaves them
        # at 0 without a word; it reads nothing of a gate but its name, operands and parameters.
        return Gate(operation.name, operation.num_qubits, params, label=operation.label)


def _parameters_of(operation: Operation) -> bool:
    return any(
        isinstance(value, ParameterExpression) and value.parameters
        for value in getattr(operation, "params", ())
    )


def _definition(operation: Operation) -> QuantumCircuit:
    definition = getattr(operation, "definition", None)
    if definition is None:
        raise UnsupportedError(
            f"instruction {operation.name!r} has no definition and Aer does not know it: "
            "give it a definition, or use an engine that runs it natively"
        )
    return definition
