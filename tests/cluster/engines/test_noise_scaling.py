"""Channels to a real power, against closed forms."""

import numpy as np
import pytest
from qiskit.circuit.library import RXGate
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    thermal_relaxation_error,
)
from qiskit_aer.noise.passes import RelaxationNoisePass

from shoal.cluster.engines.noise import read_noise
from shoal.cluster.engines.noise_scaling import scaled_error
from shoal.primitives.errors import UnsupportedError

FACTORS = [1.5, 2, 3.7]


def assert_same(found, expected):
    np.testing.assert_allclose(SuperOp(found).data, SuperOp(expected).data, atol=1e-9)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("qubits", [1, 2])
def test_depolarizing_noise_stays_depolarizing(factor, qubits):
    found = scaled_error(depolarizing_error(0.08, qubits), factor, "cx")
    assert_same(found, depolarizing_error(1 - 0.92**factor, qubits))


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("t1", "t2"), [(50.0, 30.0), (50.0, 80.0)])
def test_relaxation_is_that_of_a_longer_gate(factor, t1, t2):
    found = scaled_error(thermal_relaxation_error(t1, t2, 4.0), factor, "x")
    assert_same(found, thermal_relaxation_error(t1, t2, 4.0 * factor))


@pytest.mark.parametrize("factor", FACTORS)
def test_damping_decays_exponentially(factor):
    found = scaled_error(amplitude_damping_error(0.1), factor, "x")
    assert_same(found, amplitude_damping_error(1 - 0.9**factor))


@pytest.mark.parametrize("factor", FACTORS)
def test_a_rotation_turns_further(factor):
    found = scaled_error(coherent_unitary_error(RXGate(0.2)), factor, "x")
    assert_same(found, coherent_unitary_error(RXGate(0.2 * factor)))


def test_an_asymmetric_mixture_of_paulis_keeps_its_qubits():
    error = pauli_error([("II", 0.9), ("XI", 0.06), ("ZY", 0.04)])
    assert_same(scaled_error(error, 2, "cx"), SuperOp(error).power(2))
    halves = scaled_error(scaled_error(error, 1.5, "cx"), 2, "cx")
    assert_same(halves, SuperOp(error).power(3))


def test_a_flip_that_has_no_generator_is_refused_at_broken_factors_only():
    error = pauli_error([("X", 0.7), ("I", 0.3)])
    with pytest.raises(UnsupportedError, match=r"error on 'x' has no power 1.5 .* whole noise"):
        scaled_error(error, 1.5, "x")
    assert_same(scaled_error(error, 3, "x"), SuperOp(error).power(3))


def test_only_what_gates_suffer_is_scaled():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["x", "measure"])
    model._custom_noise_passes.append(RelaxationNoisePass([100.0], [80.0], dt=1.0))
    found = read_noise(model, 2.0)
    errors = found.model._default_quantum_errors
    assert_same(errors["x"], depolarizing_error(1 - 0.9**2, 1))
    assert_same(errors["measure"], depolarizing_error(0.1, 1))
    (relaxation,) = found.model._custom_noise_passes
    assert relaxation._t1s.tolist() == [50.0]
    assert relaxation._t2s.tolist() == [40.0]
    assert found.key != read_noise(model).key
