"""Circuits for sweep files: ``function = "shoal.configs.circuits:qaoa_maxcut"``."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter


def qaoa_maxcut(edges: Sequence[Sequence[int]], layers: int = 1) -> QuantumCircuit:
    """Make the QAOA circuit of MaxCut on a graph of unit weights.

    Args:
        edges: Pairs of nodes, counted from 0.
        layers: The depth p.

    Returns:
        The circuit, with parameters ``gamma`` and ``beta`` (``gamma_1``, ... where p > 1).
    """
    circuit = QuantumCircuit(1 + max(max(edge) for edge in edges), name="qaoa_maxcut")
    circuit.h(range(circuit.num_qubits))
    for layer in range(layers):
        suffix = f"_{layer + 1}" if layers > 1 else ""
        gamma, beta = Parameter(f"gamma{suffix}"), Parameter(f"beta{suffix}")
        for first, second in edges:
            circuit.rzz(-gamma, first, second)
        circuit.rx(2 * beta, range(circuit.num_qubits))
    return circuit


def ghz_fringe(num_qubits: int) -> QuantumCircuit:
    """Make a GHZ state, turn it by a phase, and measure every qubit in X.

    The parity of the outcome is cos(n * phase): n times as fast as a single qubit's.

    Args:
        num_qubits: The width n.

    Returns:
        The circuit with parameter ``phase`` and register ``meas``.
    """
    circuit = QuantumCircuit(num_qubits, name="ghz_fringe")
    circuit.h(0)
    for qubit in range(1, num_qubits):
        circuit.cx(qubit - 1, qubit)
    circuit.rz(Parameter("phase"), range(num_qubits))
    circuit.h(range(num_qubits))
    circuit.measure_all()
    return circuit
