"""The instructions that a circuit consists of, composite ones taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp, ForLoopOp
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

STANDARD = frozenset(get_standard_gate_name_mapping())
"""Names of the gates of Qiskit's library, which engines know."""

CHANNELS = frozenset({"kraus", "quantum_channel", "superop"})
"""Instructions that are noise themselves."""

_WHOLE = CHANNELS | {"diagonal", "initialize", "isometry", "state_preparation", "unitary"}
"""Instructions made of matrices and vectors: to take them apart takes longer than to count them."""

_MAX_DEPTH = 16
"""Definitions within definitions."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An instruction that is taken as it is."""

    instruction: CircuitInstruction
    qubits: tuple[int, ...]
    """Positions in the whole circuit."""
    times: float
    """How often it is run at the most, for each time that the circuit is."""

    @property
    def name(self) -> str:
        """The instruction's name."""
        return str(self.instruction.name)


def leaves(circuit: QuantumCircuit) -> Iterator[Leaf]:
    """Walk a circuit's instructions in order, barriers and delays left out.

    Args:
        circuit: Any circuit. Of control flow all branches are walked, and loops as often as they
            turn, where that is known.
    """
    yield from _inside(circuit, range(circuit.num_qubits), 1.0, 0)


def leaves_of(instruction: CircuitInstruction, qubits: Sequence[int]) -> Iterator[Leaf]:
    """Walk what one instruction consists of.

    Args:
        instruction: Of some circuit.
        qubits: The positions of its qubits there.
    """
    yield from _within(instruction, tuple(qubits), 1.0, 0)


def parts_of(leaf: Leaf) -> Iterator[Leaf]:
    """Walk what the definition of a gate of the library consists of; nothing where it has none."""
    definition = getattr(leaf.instruction.operation, "definition", None)
    if definition is not None:
        yield from _inside(definition, leaf.qubits, leaf.times, 0)


def _within(
    one: CircuitInstruction, qubits: tuple[int, ...], times: float, depth: int
) -> Iterator[Leaf]:
    name = one.name
    if name in STANDARD or name == "measure":
        if name != "delay":
            yield Leaf(one, qubits, times)
        return
    if name == "barrier":
        return
    operation = one.operation
    if isinstance(operation, ControlFlowOp):
        turns = len(operation.params[0]) if isinstance(operation, ForLoopOp) else 1
        for block in operation.blocks:
            yield from _inside(block, qubits, times * turns, depth)
        return
    definition = None
    if name not in _WHOLE and depth < _MAX_DEPTH:
        definition = getattr(operation, "definition", None)
    if definition is None:
        yield Leaf(one, qubits, times)
    else:
        yield from _inside(definition, qubits, times, depth + 1)


def _inside(
    circuit: QuantumCircuit, qubits: Sequence[int], times: float, depth: int
) -> Iterator[Leaf]:
    place = dict(zip(circuit.qubits, qubits, strict=False))
    for one in circuit.data:
        yield from _within(one, tuple(place[qubit] for qubit in one.qubits), times, depth)
