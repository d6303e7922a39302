"""Mitigation through a backend: a noisy device with durations, simulated."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.providers.fake_provider import GenericBackendV2

from shoal.cluster.engines.backend_templates import BackendTemplates
from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.workload import Program


@pytest.fixture(scope="module")
def backend():
    return GenericBackendV2(4, coupling_map=[[0, 1], [1, 2], [2, 3]], seed=3)


def ghz(width):
    circuit = QuantumCircuit(width)
    circuit.h(0)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def test_levels_are_estimated_on_the_devices_own_qubits(backend):
    options = {"seed": 1, "resilience_level": 2, "default_shots": 2048}
    found = Estimator(mode=backend, options=options).run([(ghz(3), ["ZZI", "IZZ", "XXX"])])
    data = found.result()[0].data
    assert (np.abs(data.evs - 1) < 5 * data.stds + 0.02).all()


def test_quasi_probabilities_come_from_a_backend_too(backend):
    circuit = ghz(3)
    circuit.measure_all()
    options = {"seed": 1, "resilience": {"measure_mitigation": True}}
    found = Sampler(mode=backend, options=options).run([circuit], shots=4000).result()[0]
    quasi = found.quasi["meas"].item()
    assert quasi[0] + quasi[7] == pytest.approx(1, abs=0.06)


DECOUPLED = {"dynamical_decoupling": {"enable": True}}


def test_idle_times_are_filled_with_pulses(backend):
    asked = EstimatorOptions.coerce(DECOUPLED).dynamical_decoupling
    circuit = QuantumCircuit(4)
    circuit.cx(0, 1)
    for _ in range(4):
        circuit.cx(1, 2)
    circuit.cx(0, 1)
    program = Program(0, circuit, "digest", np.zeros((1, 0)))
    plain = BackendTemplates(backend).measured(program, "IZZZ").count_ops()
    padded = BackendTemplates(backend, asked).measured(program, "IZZZ").count_ops()
    assert padded["x"] >= plain.get("x", 0) + 2
    assert padded["delay"] > 0


@pytest.mark.parametrize("sequence", ["XX", "XpXm", "XY4"])
def test_decoupled_estimates_are_the_same_up_to_noise(backend, sequence):
    decoupled = {"dynamical_decoupling": {"enable": True, "sequence_type": sequence}}
    options = {"seed": 1, "default_shots": 2048, **decoupled}
    found = Estimator(mode=backend, options=options).run([(ghz(3), ["ZZI", "XXX"])]).result()[0]
    assert (found.data.evs > 0.85).all()


def test_a_sequence_without_durations_is_refused():
    backend = GenericBackendV2(2, basis_gates=["cx", "ry", "rz", "sx"], seed=3)
    with pytest.raises(UnsupportedError, match="with XX needs the durations of measure, x, and"):
        Estimator(mode=backend, options=DECOUPLED).run([(ghz(2), "ZZ")])


def test_without_a_device_there_is_no_time_to_fill():
    with pytest.raises(UnsupportedError, match=r"dynamical_decoupling\.enable=True"):
        Estimator(options=DECOUPLED).run([(ghz(2), "ZZ")])
