"""Measurements in the middle: what each method makes of them, or that it cannot treat them."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, pauli_error

from shoal.primitives.errors import RequestError

from .test_mitigated_estimator import estimate
from .test_twirled_estimator import known_layers


def measured_in_the_middle():
    """Dephases the first of two entangled qubits, and entangles again."""
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    return circuit


def decided():
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.cx(0, 1)
    return circuit


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("XI", 0.03), ("II", 0.97)]), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.96, 0.04], [0.1, 0.9]]))
    return model


FOLDS = {"zne_mitigation": True, "zne": {"extrapolator": "exponential"}}
TREATED = {
    "trex": {"resilience_level": 1},
    "local inverse": {
        "resilience": {"measure_mitigation": True},
        "twirling": {"enable_measure": False},
    },
    "level 2": {"resilience_level": 2},
    "noise scaling": {
        "resilience_level": 1,
        "resilience": {**FOLDS, "zne": {"amplifier": "noise_scaling"}},
    },
}


@pytest.mark.parametrize("method", TREATED)
def test_what_is_measured_and_not_used_is_in_nobodys_way(method):
    found = estimate((measured_in_the_middle(), ["IZ", "ZI"]), 0.03, noise(), **TREATED[method])
    tolerance = 5 * found.data.stds + (0 if "zne" in str(TREATED[method]) else 0.13)
    assert (np.abs(found.data.evs - [-1, 1]) < tolerance).all()


PEC = {"pec_mitigation": True, "layer_noise_model": known_layers(2)}
PEA = {**FOLDS, "zne": {"amplifier": "pea"}, "layer_noise_model": known_layers(2)}
REFUSED = {
    "readout mitigation": {"resilience_level": 1},
    "twirled": {"twirling": {"enable_gates": True}},
    "noise amplification": {"resilience": FOLDS},
    "pec": {"resilience": PEC},
    "pea": {"resilience": PEA},
}


@pytest.mark.parametrize("method", REFUSED)
def test_bits_that_decide_are_refused(method):
    with pytest.raises(RequestError, match=r"'if_else'|cannot treat if_else"):
        estimate((decided(), "ZZ"), 0.1, noise(), **REFUSED[method])


@pytest.mark.parametrize("amplifier", ["global_folding", "identity_insertion"])
def test_a_whole_circuit_is_not_run_back_through_a_measurement(amplifier):
    resilience = {"zne_mitigation": True, "zne": {"amplifier": amplifier}}
    model = noise()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["id"])
    with pytest.raises(RequestError, match=r"'cx' follows a measurement"):
        estimate((measured_in_the_middle(), "ZZ"), 0.1, model, resilience=resilience)


def test_plain_estimates_of_such_circuits_are_not_refused():
    found = estimate((decided(), "ZI"), 0.05, None)
    assert found.data.evs == 1
