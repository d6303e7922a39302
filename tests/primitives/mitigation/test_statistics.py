"""Closed forms, and error bars that cover: 95 % intervals over hundreds of replicas.

Seeds are fixed. A mean of replicas must lie within five of its standard errors of the truth, the
reported standard error within 0.8 to 1.25 of the predicted one, and coverage in [0.90, 0.99].
"""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import RZZGate
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    coherent_unitary_error,
    depolarizing_error,
)

from shoal.primitives import Estimator

from .test_mitigated_estimator import ghz, readout_noise
from .test_twirled_estimator import cx_noise, gamma, known_layers

pytestmark = [pytest.mark.statistics, pytest.mark.timeout(1800)]

REPLICAS = 300


def replicated(circuit):
    """The circuit with a parameter that changes nothing, and a value of it for each replica."""
    theta = Parameter("unused")
    copy = QuantumCircuit(circuit.num_qubits)
    copy.rz(theta, 0)
    return copy.compose(circuit), np.linspace(0, 1, REPLICAS)


def points(circuit, observable, precision, noise, **options):
    """Estimate in replicas that share nothing: the points of one pub."""
    simulator = {"noise_model": noise}
    estimator = Estimator(options={"seed": 77, "simulator": simulator, **options})
    template, values = replicated(circuit)
    return estimator.run([(template, observable, values)], precision=precision).result()[0].data


def jobs(circuit, observable, precision, noise, replicas=REPLICAS, **options):
    """Estimate in replicas that share no calibration: jobs of their own."""
    found = []
    for seed in range(replicas):
        simulator = {"noise_model": noise}
        estimator = Estimator(options={"seed": seed, "simulator": simulator, **options})
        data = estimator.run([(circuit, observable)], precision=precision).result()[0].data
        found.append((float(data.evs), float(data.stds)))
    return np.array(found).T


def check(evs, stds, truth, predicted):
    assert abs(evs.mean() - truth) < 5 * predicted / np.sqrt(evs.size)
    assert 0.8 < np.sqrt((stds**2).mean()) / predicted < 1.25
    assert 0.8 < evs.std() / predicted < 1.25
    covered = (np.abs(evs - truth) <= 1.96 * stds).mean()
    assert 0.90 <= covered <= 0.99


def test_raw():
    rate, n = 0.04, 2500
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    data = points(ghz(4), "XXXX", 0.02, noise)
    truth = (1 - rate) ** 3
    check(data.evs, data.stds, truth, np.sqrt((1 - truth**2) / n))


def test_raw_with_covariances():
    # Two terms of one basis with correlation 1/2: the sum of sigmas would be 1.15 times too large.
    circuit = QuantumCircuit(2)
    circuit.ry(np.pi / 3, 0)
    circuit.cx(0, 1)
    data = points(circuit, {"ZI": 0.5, "ZZ": -0.5, "IZ": 0.25}, 0.02, None)
    mean_z = np.cos(np.pi / 3)
    variance = 0.75**2 * (1 - mean_z**2) / 2500
    check(data.evs, data.stds, 0.75 * mean_z - 0.5, np.sqrt(variance))


@pytest.mark.parametrize("width", [1, 5])
def test_raw_with_twirled_readout_errors(width):
    p, q, shots, count = 0.02, 0.06, 79, 32
    circuit = QuantumCircuit(width)
    circuit.x(range(0, width, 2))
    twirling = {"enable_measure": True}
    data = points(circuit, "Z" * width, 0.02, readout_noise(p, q), twirling=twirling)
    f = (1 - p - q) ** width
    second = (((1 - 2 * p) ** 2 + (1 - 2 * q) ** 2) / 2) ** width
    predicted = np.sqrt(((1 - second) / shots + second - f**2) / count)
    check(data.evs, data.stds, (-1.0) ** ((width + 1) // 2) * f, predicted)


def test_twirled_coherent_errors():
    angle, layers, shots, count = 0.25, 6, 16, 64
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(coherent_unitary_error(RZZGate(angle)), ["cz"])
    circuit = QuantumCircuit(2)
    circuit.h(0)
    for _ in range(layers):
        circuit.cz(0, 1)
    twirling = {
        "enable_gates": True, "num_randomizations": count, "shots_per_randomization": shots,
    }  # fmt: skip
    data = points(circuit, "IX", 1 / 32, noise, twirling=twirling)
    # A randomization has cos of a sum of angles with random signs.
    truth, second = np.cos(angle) ** layers, (1 + np.cos(2 * angle) ** layers) / 2
    predicted = np.sqrt((second - truth**2 + (1 - second) / shots) / count)
    check(data.evs, data.stds, truth, predicted)


@pytest.mark.parametrize("width", [1, 5, 10])
def test_trex(width):
    p, q, shots, count = 0.02, 0.06, 79, 32
    circuit = QuantumCircuit(width)
    circuit.x(range(0, width, 2))
    evs, stds = jobs(circuit, "Z" * width, 0.02, readout_noise(p, q), resilience_level=1)
    f = (1 - p - q) ** width
    second = (((1 - 2 * p) ** 2 + (1 - 2 * q) ** 2) / 2) ** width
    own = ((1 - second) / shots + second - f**2) / count
    # A calibration string and its complement are one draw: their means vary together.
    both = ((1 - 2 * p) * (1 - 2 * q)) ** width
    calibration = (1 - second) / (shots * count) + (second / 2 + both / 2 - f**2) / (count / 2)
    check(evs, stds, (-1.0) ** ((width + 1) // 2), np.sqrt(own + calibration) / f)


def test_local_inverse():
    p, q, width = 0.02, 0.06, 3
    circuit = QuantumCircuit(width)
    circuit.x(0)
    options = {"resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False}}
    evs, stds = jobs(circuit, "ZZZ", 0.02, readout_noise(p, q), **options)
    c = 1 - p - q
    moments = [
        ((1 - mean**2) + (mean - (q - p)) ** 2) / c**2
        for mean in (-1 + 2 * q, 1 - 2 * p, 1 - 2 * p)
    ]
    second = np.prod(moments)
    each = 2500 // 2  # calibration shots of each state of a qubit, nearly
    slopes = 4 * q * (1 - q) / c**2 / each, 4 * p * (1 - p) / c**2 / each
    predicted = np.sqrt((second - 1) / 2500 + slopes[0] + 2 * slopes[1])
    check(evs, stds, -1.0, predicted)


def extrapolating(name, factors=(1, 3, 5)):
    zne = {"extrapolator": name, "noise_factors": factors}
    return {"resilience": {"zne_mitigation": True, "zne": zne}}


@pytest.mark.parametrize("name", ["linear", "richardson", "exponential"])
def test_zne(name):
    rate, n, factors = 0.03, 10_000, np.array([1, 3, 5])
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    data = points(ghz(4), "XXXX", 0.01, noise, **extrapolating(name))
    means = (1 - rate) ** (3 * factors)
    variances = (1 - means**2) / n
    if name == "exponential":
        decay = -3 * np.log(1 - rate)
        jacobian = np.stack([means, -factors * means], axis=1)
        normal = jacobian.T @ (jacobian / variances[:, None])
        truth, predicted = 1.0, np.sqrt(np.linalg.inv(normal)[0, 0])
        assert decay > 0
    else:
        weights = {"linear": np.array([13, 4, -5]) / 12, "richardson": np.array([15, -10, 3]) / 8}
        truth, predicted = weights[name] @ means, np.sqrt(weights[name] ** 2 @ variances)
    check(data.evs, data.stds, truth, predicted)


def test_zne_after_trex():
    rate, p, q = 0.03, 0.02, 0.06
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    noise.add_all_qubit_readout_error(ReadoutError([[1 - p, p], [q, 1 - q]]))
    options = extrapolating("linear")
    options["resilience"]["measure_mitigation"] = True
    evs, stds = jobs(ghz(3), "XXX", 0.02, noise, 200, **options)
    truth = np.array([13, 4, -5]) / 12 @ (1 - rate) ** (2 * np.array([1, 3, 5]))
    check(evs, stds, truth, evs.std())


def test_pec():
    layers = 2
    shots = {"num_randomizations": 200, "shots_per_randomization": 1}
    resilience = {"pec_mitigation": True, "layer_noise_model": known_layers(3)}
    data = points(ghz(3), "XXX", 0.1, cx_noise(), twirling=shots, resilience=resilience)
    check(data.evs, data.stds, 1.0, np.sqrt((gamma(layers) ** 2 - 1) / 200))


def test_pec_with_several_shots_a_randomization():
    shots = {"num_randomizations": 100, "shots_per_randomization": 20}
    resilience = {"pec_mitigation": True, "layer_noise_model": known_layers(3)}
    data = points(ghz(3), "XXX", 0.1, cx_noise(), twirling=shots, resilience=resilience)
    check(data.evs, data.stds, 1.0, data.evs.std())


def test_level_two():
    noise = cx_noise()
    options = {"simulator": {"noise_model": noise}, "resilience": {"zne_mitigation": True}}
    exact = Estimator(options=options).run([(ghz(3), "XXX")], precision=0).result()[0].data.evs
    # Noise that a gate turns into other noise does not fold into an exact power: the limit of
    # many shots is 0.96, and not 1. The interval must cover what the method converges to.
    assert 0.95 < exact < 0.97
    noise.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.06, 0.94]]))
    evs, stds = jobs(ghz(3), "XXX", 0.03, noise, 200, resilience_level=2)
    check(evs, stds, exact, evs.std())
