"""Qiskit's own simulation, row by row, to compare with."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

States = Callable[[QuantumCircuit, NDArray[np.float64]], NDArray[np.complex128]]


@pytest.fixture
def exact_states() -> States:
    """States at each row, by binding the parameters of the circuit one row at a time."""

    def simulate(circuit: QuantumCircuit, rows: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.array([Statevector(circuit.assign_parameters(row)).data for row in rows])

    return simulate


@pytest.fixture
def between_scrambles(
    rng: np.random.Generator,
) -> Callable[[QuantumCircuit], QuantumCircuit]:
    """Puts a circuit between random gates, so that no part of what it does is hidden."""

    def scramble(num_qubits: int) -> QuantumCircuit:
        circuit = QuantumCircuit(num_qubits)
        for qubit in range(num_qubits):
            circuit.u(*rng.uniform(0, 3, 3), qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
            circuit.cz(qubit, qubit + 1)
        return circuit

    def surround(circuit: QuantumCircuit) -> QuantumCircuit:
        before, after = scramble(circuit.num_qubits), scramble(circuit.num_qubits)
        return before.compose(circuit).compose(after)

    return surround
