import numpy as np
import pytest
from qiskit.circuit.library import CXGate, ECRGate
from qiskit.quantum_info import Pauli, SuperOp, random_density_matrix, random_unitary
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from shoal.cluster.engines.pauli.transfer import (
    as_permutation,
    factors,
    of_channel,
    of_unitary,
    swapped,
)


def components(state) -> np.ndarray:
    """Tr(P rho) for all P, qubit 0 the lowest digit."""
    width = state.num_qubits
    labels = ["I"]
    for _ in range(width):
        labels = [letter + label for letter in "IXYZ" for label in labels]
    return np.array([state.expectation_value(Pauli(label[:-1])).real for label in labels])


@pytest.mark.parametrize("width", [1, 2])
def test_unitaries(width):
    unitary = random_unitary(1 << width, seed=3)
    state = random_density_matrix(1 << width, seed=4)

    found = of_unitary(unitary.data) @ components(state)

    np.testing.assert_allclose(found, components(state.evolve(unitary)), atol=1e-12)


def test_channels():
    error = thermal_relaxation_error(50, 70, 9).expand(depolarizing_error(0.1, 1))
    state = random_density_matrix(4, seed=4)

    found = of_channel(error) @ components(state)

    np.testing.assert_allclose(found, components(state.evolve(SuperOp(error))), atol=1e-12)


def test_products_are_taken_apart():
    low, high = thermal_relaxation_error(50, 70, 9), depolarizing_error(0.1, 1)

    found = factors(of_channel(low.expand(high)))

    np.testing.assert_allclose(found[0], of_channel(low), atol=1e-12)
    np.testing.assert_allclose(found[1], of_channel(high), atol=1e-12)
    assert factors(of_channel(depolarizing_error(0.1, 2))) is None


def test_clifford_gates_with_pauli_noise_are_permutations():
    matrix = of_channel(depolarizing_error(0.1, 2)) @ of_unitary(CXGate().to_matrix())

    source, weight = as_permutation(matrix)

    np.testing.assert_allclose(matrix[np.arange(16), source], weight)
    assert as_permutation(of_unitary(random_unitary(4, seed=1).data)) is None


def test_exchanged_qubits():
    state = random_density_matrix(4, seed=4)

    found = swapped(of_unitary(ECRGate().to_matrix())) @ components(state)

    np.testing.assert_allclose(found, components(state.evolve(ECRGate(), [1, 0])), atol=1e-12)
