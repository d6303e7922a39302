"""Quasi-probabilities from the door to the result, in this process."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.result import QuasiDistribution
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.primitives import Sampler
from shoal.primitives.errors import RequestError


def readout_noise():
    model = NoiseModel()
    for qubit, (p, q) in enumerate([(0.02, 0.06), (0.05, 0.03), (0.01, 0.08), (0.04, 0.04)]):
        model.add_readout_error(ReadoutError([[1 - p, p], [q, 1 - q]]), [qubit])
    return model


def sample(pub, shots=20_000, **options):
    sampler = Sampler(
        options={
            "seed": 5,
            "resilience": {"measure_mitigation": True},
            "simulator": {"noise_model": readout_noise()},
            **options,
        }
    )
    return sampler.run([pub], shots=shots).result()[0]


def ghz(width):
    circuit = QuantumCircuit(width)
    circuit.h(0)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def test_a_ghz_state_has_two_halves():
    found = sample(ghz(4))
    quasi, stds = found.quasi["meas"].item(), found.quasi_stds["meas"].item()
    assert isinstance(quasi, QuasiDistribution)
    for string in (0, 15):
        assert abs(quasi[string] - 0.5) < 5 * stds[string]
    assert sum(quasi.values()) == pytest.approx(1)
    assert sum(abs(v) for s, v in quasi.items() if s not in (0, 15)) < 0.06
    assert quasi.stddev_upper_bound == pytest.approx(
        np.sqrt(found.quasi_overhead["meas"].item() / 20_000)
    )


def test_the_shots_stay_as_they_were_read():
    found = sample(ghz(4))
    assert len(found.data.meas.get_counts()) > 10
    plain = sample(ghz(4), resilience={"measure_mitigation": False})
    assert found.data.meas == plain.data.meas


def test_registers_know_the_qubits_that_they_hold():
    qubits = QuantumRegister(4)
    high, low = ClassicalRegister(2, "high"), ClassicalRegister(3, "low")
    circuit = QuantumCircuit(qubits, low, high)
    circuit.x([1, 3])
    circuit.measure(3, high[0])
    circuit.measure(2, high[1])
    circuit.measure(1, low[2])
    found = sample(circuit)
    for name, string in (("high", 1), ("low", 4)):
        assert found.quasi[name].item()[string] == pytest.approx(1, abs=0.03)


def test_quasi_probabilities_have_the_pubs_shape():
    theta = Parameter("t")
    circuit = QuantumCircuit(1)
    circuit.ry(theta, 0)
    circuit.measure_all()
    angles = np.linspace(0, np.pi, 6).reshape(2, 3)
    found = sample((circuit, angles)).quasi["meas"]
    assert found.shape == (2, 3)
    ones = np.array([one.get(1, 0.0) for one in found.reshape(-1)]).reshape(2, 3)
    np.testing.assert_allclose(ones, np.sin(angles / 2) ** 2, atol=0.03)


def test_a_measurement_in_the_middle_is_refused():
    circuit = QuantumCircuit(1, 2)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.measure(0, 1)
    with pytest.raises(RequestError, match="goes on with qubit 0 after measuring it"):
        sample(circuit)


def test_a_schedule_may_end_with_delays():
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.delay(100, 0)
    circuit.measure(1, 1)
    assert sample(circuit).quasi["c"].item()[1] == pytest.approx(1, abs=0.1)


def test_control_flow_is_refused():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(0)
    with pytest.raises(RequestError, match="which has 'if_else'"):
        sample(circuit)
