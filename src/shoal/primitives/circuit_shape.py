"""What the cost of a circuit depends on, read from its template without translating it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp, Qubit
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

_STANDARD = frozenset(get_standard_gate_name_mapping())

_CHANNELS = frozenset({"kraus", "quantum_channel", "superop"})
"""Instructions that are noise themselves."""


@dataclass(frozen=True, slots=True)
class CircuitShape:
    """A circuit's size, and whether one pure state says everything of it."""

    gates: int
    """Instructions but for barriers and measurements."""
    active_qubits: int
    """Qubits that anything acts on."""
    is_random: bool
    """Whether a row may end in different states: noise, resets, measurements on the way."""
    measures_last: bool
    """Whether nothing follows a measurement of its qubit or depends on one."""


def circuit_shape(circuit: QuantumCircuit, noisy: AbstractSet[str]) -> CircuitShape:
    """Read a circuit's shape.

    Args:
        circuit: The template.
        noisy: Names and labels of instructions that noise follows.

    Returns:
        The shape. An instruction that is no gate of the standard library may have any gate inside.
    """
    gates, active, measured = 0, set[Qubit](), set[Qubit]()
    is_random, measures_last = False, True
    for one in circuit.data:
        if one.name == "barrier":
            continue
        touched = active | measured
        active.update(one.qubits)
        if one.name == "measure":
            measured.update(one.qubits)
            continue
        gates += 1
        is_random |= _is_random(one, noisy, touched)
        if isinstance(one.operation, ControlFlowOp) or not measured.isdisjoint(one.qubits):
            measures_last = False
    return CircuitShape(gates, len(active), is_random or not measures_last, measures_last)


def _is_random(
    one: CircuitInstruction, noisy: AbstractSet[str], touched: AbstractSet[Qubit]
) -> bool:
    if one.name in ("reset", "initialize") and not touched.isdisjoint(one.qubits):
        return True
    if one.name in _CHANNELS:
        return True
    if not noisy:
        return False
    label = getattr(one.operation, "label", None) or one.name
    return label in noisy or one.name not in _STANDARD
