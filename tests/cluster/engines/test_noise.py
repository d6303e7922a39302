import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XGate
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    PauliLindbladError,
    QuantumError,
    ReadoutError,
    amplitude_damping_error,
)
from qiskit_aer.noise.passes import LocalNoisePass, RelaxationNoisePass
from tests.differential.noisy import noise_models

from shoal.cluster.engines.noise import read_noise
from shoal.cluster.engines.readout_errors import readout_of
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.noise import noise_mapping, noisy_instructions, stored_noise


@pytest.mark.parametrize("name", noise_models())
def test_made_again_from_what_was_written(name):
    model = noise_models()[name]
    written = json.loads(json.dumps(noise_mapping(model)))

    found = read_noise(stored_noise(written))

    assert found.model == model
    assert found.key == read_noise(model).key


def test_an_ideal_model_is_none():
    assert read_noise(NoiseModel()) is None
    assert read_noise(None) is None


def test_labels_stand_before_names():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["x", "slow"])
    noise = read_noise(model)

    assert noise.key_of(XGate()) == "x"
    assert noise.key_of(XGate(label="slow")) == "slow"
    assert noise.key_of(XGate(label="fast")) is None


def test_noise_inside_composite_gates_is_seen():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["x"])
    inner = QuantumCircuit(1)
    inner.x(0)
    outer = QuantumCircuit(1)
    outer.append(inner.to_gate(), [0])
    ideal = QuantumCircuit(1)
    ideal.h(0)

    noise = read_noise(model)

    assert noise.touches(outer)
    assert not noise.touches(ideal)


def test_relaxation_in_delays_is_kept():
    model = NoiseModel()
    model._custom_noise_passes.append(RelaxationNoisePass([5e-5], [4e-5], dt=1e-9))

    found = read_noise(stored_noise(noise_mapping(model)))

    (one,) = found.model._custom_noise_passes
    np.testing.assert_array_equal(one._t1s, [5e-5])
    assert one._dt == 1e-9


def test_a_pass_that_cannot_be_written_is_refused():
    model = NoiseModel()
    model._custom_noise_passes.append(LocalNoisePass(lambda op, qubits: None))

    with pytest.raises(UnsupportedError, match="LocalNoisePass, which cannot be shipped"):
        read_noise(model)


def test_an_error_of_unknown_gates_is_refused():
    custom = QuantumCircuit(1, name="mine")
    custom.x(0)
    branch = QuantumCircuit(1)
    branch.append(custom.to_gate(), [0])
    model = NoiseModel()
    model.add_all_qubit_quantum_error(QuantumError([(branch, 1.0)]), "h")

    with pytest.raises(UnsupportedError, match="made of 'mine'"):
        read_noise(model)


def test_readout_takes_in_what_happens_before_a_measurement():
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    model.add_quantum_error(amplitude_damping_error(0.5), "measure", [1], warnings=False)

    found = readout_of(model)

    np.testing.assert_allclose(found.of(0), [[0.9, 0.1], [0.2, 0.8]])
    np.testing.assert_allclose(found.of(1), [[0.9, 0.1], [0.55, 0.45]])
    assert found.is_classical


def test_coherence_before_a_measurement_is_told():
    turn = QuantumCircuit(1)
    turn.ry(0.3, 0)
    model = NoiseModel()
    model.add_all_qubit_quantum_error(QuantumError([(turn, 1.0)]), "measure")

    assert not readout_of(model).is_classical


def lindblad(*rates):
    model = NoiseModel()
    error = PauliLindbladError(["XX", "ZI", "ZX"], rates)
    model.add_all_qubit_quantum_error(error, "cx")
    return model, error


def test_a_pauli_lindblad_error_is_the_mixture_that_it_stands_for():
    model, error = lindblad(0.02, 0.01, 0.015)
    made = read_noise(model).model._default_quantum_errors["cx"]
    np.testing.assert_allclose(SuperOp(made).data, SuperOp(error.to_quantum_error()).data)
    assert noisy_instructions(model) == {"cx"}


def test_a_pauli_lindblad_error_with_a_negative_rate_is_refused():
    with pytest.raises(UnsupportedError, match=r"rates from -0\.01"):
        read_noise(lindblad(0.02, -0.01, 0.015)[0])
