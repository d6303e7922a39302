"""Twirled shots from the door to the data: bits as IBM gives them, frames undone."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.library import RZZGate
from qiskit_aer.noise import NoiseModel, ReadoutError, coherent_unitary_error

from shoal.primitives import Sampler
from shoal.primitives.errors import RequestError
from shoal.primitives.expansion import expand
from shoal.primitives.mitigation.measured_frames import framed_measurements
from shoal.primitives.options import SamplerOptions
from shoal.primitives.pubs import sampler_request

TWIRLED = {"enable_measure": True, "num_randomizations": 16, "shots_per_randomization": 64}


def sample(pub, noise=None, shots=1024, **options):
    asked = {"seed": 11, "simulator": {"noise_model": noise}, **options}
    return Sampler(options=asked).run([pub], shots=shots).result()[0]


def readout_error(p, q):
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[1 - p, p], [q, 1 - q]]))
    return noise


def test_frames_are_undone_in_every_register():
    low, high = ClassicalRegister(2, "low"), ClassicalRegister(9, "high")
    circuit = QuantumCircuit(QuantumRegister(3), low, high)
    circuit.x([0, 2])
    circuit.measure([0, 1, 2], [high[8], low[1], high[0]])
    data = sample(circuit, twirling=TWIRLED).data
    assert data.low.get_counts() == {"00": 1024}
    assert data.high.get_counts() == {"100000001": 1024}


def test_a_qubit_goes_on_after_a_twirled_measurement():
    circuit = QuantumCircuit(2, 3)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    circuit.measure(0, 1)
    circuit.reset(0)
    circuit.measure(1, 2)
    circuit.measure(0, 0)
    assert sample(circuit, twirling=TWIRLED).data.c.get_counts() == {"110": 1024}


def test_a_twirled_readout_error_is_the_mean_of_both():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    twirling = {"enable_measure": True, "num_randomizations": 400, "shots_per_randomization": 64}
    found = sample(circuit, readout_error(0.02, 0.2), twirling=twirling)
    shots = 400 * 64
    ones = found.data.meas.get_counts()["1"] / shots
    # Frames are drawn per randomization: of 400, about half are misread at 0.02.
    assert abs(ones - 0.89) < 5 * np.sqrt(0.09**2 / 400 + 0.11 * 0.89 / shots)


def test_twirled_gates_turn_a_coherent_error_into_flips():
    angle, layers = 0.3, 5
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(coherent_unitary_error(RZZGate(angle)), ["cz"])
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    for _ in range(layers):
        circuit.cz(0, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    twirling = {"enable_gates": True, "num_randomizations": 400, "shots_per_randomization": 10}
    counts = sample(circuit, noise, twirling=twirling).data.c.get_counts()
    mean = (counts["0"] - counts["1"]) / 4000
    assert abs(mean - np.cos(angle) ** layers) < 5 / np.sqrt(400)
    plain = sample(circuit, noise, 4000).data.c.get_counts()
    assert plain["0"] / 4000 < 0.6


def test_both_twirls_keep_parametrised_distributions():
    theta = Parameter("theta")
    circuit = QuantumCircuit(2)
    circuit.ry(theta, 0)
    circuit.cx(0, 1)
    circuit.measure_all()
    angles = np.linspace(0, np.pi, 6).reshape(2, 3)
    twirling = {"enable_gates": True, **TWIRLED}
    data = sample((circuit, angles), twirling=twirling).data.meas
    assert data.shape == (2, 3)
    assert data.num_shots == 1024
    for index in np.ndindex(2, 3):
        counts = data[index].get_counts()
        assert set(counts) <= {"00", "11"}
        assert counts.get("11", 0) / 1024 == pytest.approx(np.sin(angles[index] / 2) ** 2, abs=0.08)


@pytest.mark.parametrize(
    ("asked", "shots", "split"),
    [
        ({}, 1024, (16, 64)),
        ({}, 1000, (16, 64)),
        ({}, 10_000, (32, 313)),
        ({"num_randomizations": 10}, 1024, (10, 103)),
        ({"shots_per_randomization": 100}, 1024, (11, 100)),
        ({"num_randomizations": 3, "shots_per_randomization": 5}, 1024, (3, 5)),
    ],
)
def test_shots_are_split_as_ibm_splits_them(asked, shots, split):
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    found = sample(circuit, None, shots, twirling={"enable_measure": True, **asked})
    count, each = split
    assert found.data.meas.num_shots == count * each
    assert found.metadata["shots"] == count * each
    assert found.metadata["num_randomizations"] == count
    assert found.metadata["shots_per_randomization"] == each


def test_shots_are_stored_as_they_were_read_and_flips_apart():
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    options = SamplerOptions.coerce({"seed": 3, "twirling": TWIRLED})
    workload = expand(sampler_request([circuit], 1024, options, print))
    (program,) = workload.programs
    assert program.flips["meas"].shape == (16, 1)
    assert set(np.unique(program.flips["meas"])) == {0, 1}


def test_quasi_probabilities_of_twirled_bits():
    circuit = QuantumCircuit(3)
    circuit.x([0, 2])
    circuit.measure_all()
    twirling = {"enable_measure": True, "num_randomizations": 16, "shots_per_randomization": 2048}
    found = sample(
        circuit,
        readout_error(0.02, 0.2),
        twirling=twirling,
        resilience={"measure_mitigation": True},
    )
    # Of 16 frames not half are flips: the rates are those of the frames that were drawn.
    quasi, stds = found.quasi["meas"].item(), found.quasi_stds["meas"].item()
    assert abs(quasi[5] - 1) < 5 * stds[5]
    assert stds[5] < 0.02
    assert found.data.meas.get_counts()["101"] < 0.8 * 2**15


def test_bits_that_decide_are_refused_by_twirled_measurements():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(0)
    with pytest.raises(RequestError, match=r"twirled measurements cannot treat .* 'if_else'"):
        sample(circuit, twirling=TWIRLED)


def test_gates_inside_of_control_flow_are_refused_by_twirled_gates():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.cx(0, 1)
    with pytest.raises(RequestError, match="cannot be twirled"):
        sample(circuit, twirling={"enable_gates": True})


def test_only_a_qubit_that_goes_on_is_flipped_back():
    circuit = QuantumCircuit(2, 3)
    circuit.measure([0, 1], [0, 1])
    circuit.reset(1)
    circuit.measure(0, 2)
    names = [item.name for item in framed_measurements(circuit).circuit.data]
    framed = ["rz", "rx", "measure"]
    assert names == [*framed, "rx", *framed, "reset", *framed]


def overrotated(seed):
    """Quasi-probability of 0 of a qubit whose CZs turn it coherently, in 32 randomizations."""
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(coherent_unitary_error(RZZGate(0.35)), ["cz"])
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    for _ in range(4):
        circuit.cz(0, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    found = sample(
        circuit,
        noise,
        seed=seed,
        twirling={"enable_gates": True, "num_randomizations": 32, "shots_per_randomization": 512},
        resilience={"measure_mitigation": True},
    )
    quasi, stds = found.quasi["c"].item(), found.quasi_stds["c"].item()
    return quasi[0], stds[0]


def test_randomizations_are_the_draws_of_quasi_probabilities():
    value, std = overrotated(3)
    independent = np.sqrt(value * (1 - value) / (32 * 512))
    assert std > 3 * independent


@pytest.mark.statistics
def test_standard_errors_are_those_of_replicas():
    values, stds = np.array([overrotated(seed) for seed in range(60)]).T
    ratio = np.sqrt((stds**2).mean()) / values.std()
    assert 0.75 < ratio < 1.33
    ideal = (1 + np.cos(0.35) ** 4) / 2
    assert abs(values.mean() - ideal) < 5 * values.std() / np.sqrt(60)
