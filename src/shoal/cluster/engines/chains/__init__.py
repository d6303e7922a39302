"""Chains of tensors: ideal circuits of few entangling layers on any number of qubits, exactly."""

from .circuit import ChainCircuit, chain_circuit

__all__ = ["ChainCircuit", "chain_circuit"]
