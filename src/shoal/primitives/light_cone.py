"""What can influence some qubits: no noise and no gate outside of their light cone does."""

from __future__ import annotations

from collections.abc import Iterable

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction


def in_light_cone(
    circuit: QuantumCircuit, read: Iterable[int]
) -> tuple[list[CircuitInstruction], tuple[int, ...]]:
    """Leave out what cannot influence some qubits at the end of a circuit.

    Channels keep the trace, so one that is followed by nothing that is read might as well not be.

    Args:
        circuit: Without measurements; barriers are left out.
        read: The qubits whose state is asked for.

    Returns:
        The instructions that remain, in their order, and the qubits that they act on or that are
        read, rising.
    """
    cone, kept = set(read), []
    for one in reversed(circuit.data):
        qubits = {circuit.find_bit(qubit).index for qubit in one.qubits}
        if one.name != "barrier" and qubits & cone:
            cone |= qubits
            kept.append(one)
    return kept[::-1], tuple(sorted(cone))
