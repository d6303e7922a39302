"""Noisy circuits on few qubits, exactly: density matrices as vectors over Pauli operators."""

from .circuit import NotOnPaulis, PauliCircuit, pauli_circuit
from .evolution import components

__all__ = ["NotOnPaulis", "PauliCircuit", "components", "pauli_circuit"]
