"""Twirled gates, PEC and PEA from the door to the data, in this process."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import RZZGate
from qiskit_aer.noise import NoiseModel, ReadoutError, coherent_unitary_error, pauli_error

from shoal.primitives import Estimator
from shoal.primitives.errors import OptionError, RequestError

from .test_mitigated_estimator import estimate, ghz

GENERATORS = [("XX", 0.02), ("IZ", 0.015), ("YI", 0.01), ("ZX", 0.012)]
"""An asymmetric layer noise: any mix-up of its qubits shows."""


def pauli_channel(terms):
    """The channel of a Pauli-Lindblad map, as Aer takes it."""
    weights = {"II": 1.0}
    for label, rate in terms:
        flip = (1 - np.exp(-2 * rate)) / 2
        new = {}
        for known, weight in weights.items():
            for other, share in (("II", 1 - flip), (label, flip)):
                product = "".join(map(times, known, other))
                new[product] = new.get(product, 0.0) + weight * share
        weights = new
    return pauli_error(list(weights.items()))


def times(a, b):
    bits = {"I": 0, "X": 1, "Y": 3, "Z": 2}
    return next(letter for letter, bit in bits.items() if bit == bits[a] ^ bits[b])


def known_layers(width):
    """The same noise on every CX of neighbours; a label's last letter is the gate's first qubit."""
    return [
        {
            "gates": [["cx", [q, q + 1]]],
            "generators": [
                [
                    label[::-1].replace("I", ""),
                    [q + k for k, letter in enumerate(label[::-1]) if letter != "I"],
                ]
                for label, _ in GENERATORS
            ],
            "rates": [rate for _, rate in GENERATORS],
        }
        for q in range(width - 1)
    ]


def cx_noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_channel(GENERATORS), ["cx"])
    return model


def gamma(layers):
    return np.exp(2 * layers * sum(rate for _, rate in GENERATORS))


TERMS = ["ZZI", "IZZ", "XXX", "YYX"]
IDEAL = np.array([1.0, 1.0, 1.0, -1.0])


def test_pec_with_the_known_noise_finds_the_ideal_values():
    options = {
        "resilience": {"pec_mitigation": True, "layer_noise_model": known_layers(3)},
    }
    raw = estimate((ghz(3), TERMS), 0.0, cx_noise())
    found = estimate((ghz(3), TERMS), 0.05, cx_noise(), **options)
    assert (np.abs(raw.data.evs - IDEAL) > 0.04).all()
    assert (np.abs(found.data.evs - IDEAL) < 5 * found.data.stds).all()
    assert (found.data.stds <= 0.055).all()
    assert found.metadata["shots"] >= 400 * gamma(2) ** 2
    paid = found.metadata["resilience"]["pec"]
    assert paid == {
        "gamma": pytest.approx(gamma(2)),
        "sampling_overhead": pytest.approx(gamma(2) ** 2),
        "noise_gain": 0.0,
    }


def test_half_of_the_noise_can_be_left():
    noise = {"pec_mitigation": True, "layer_noise_model": known_layers(3)}
    resilience = {**noise, "pec": {"noise_gain": 0.5}}
    raw = estimate((ghz(3), "XXX"), 0.0, cx_noise())
    found = estimate((ghz(3), "XXX"), 0.03, cx_noise(), resilience=resilience)
    assert abs(found.data.evs - raw.data.evs**0.5) < 5 * found.data.stds


def test_pea_amplifies_the_known_noise_and_extrapolates_exactly():
    resilience = {
        "zne_mitigation": True,
        "zne": {"amplifier": "pea", "noise_factors": [1, 1.5, 3], "extrapolator": "exponential"},
        "layer_noise_model": known_layers(3),
    }
    raw = estimate((ghz(3), TERMS), 0.0, cx_noise())
    found = estimate((ghz(3), TERMS), 0.02, cx_noise(), resilience=resilience)
    expected = np.sign(raw.data.evs)[:, None] * np.abs(raw.data.evs)[:, None] ** [1, 1.5, 3]
    noisy = found.data
    assert (np.abs(noisy.evs_noise_factors - expected) < 5 * noisy.stds_noise_factors).all()
    assert (np.abs(noisy.evs - IDEAL) < 5 * noisy.stds).all()


def test_twirled_coherent_errors_add_as_probabilities():
    angle, layers = 0.25, 6
    model = NoiseModel()
    model.add_all_qubit_quantum_error(coherent_unitary_error(RZZGate(angle)), ["cz"])
    circuit = QuantumCircuit(2)
    circuit.h(0)
    for _ in range(layers):
        circuit.cz(0, 1)
    plain = estimate((circuit, "IX"), 0.0, model)
    assert plain.data.evs == pytest.approx(np.cos(layers * angle))
    twirling = {"enable_gates": True, "num_randomizations": 400, "shots_per_randomization": 10}
    found = estimate((circuit, "IX"), 0.02, model, twirling=twirling)
    assert abs(found.data.evs - np.cos(angle) ** layers) < 5 * found.data.stds


def test_level_two_twirls_extrapolates_and_mitigates_the_readout():
    model = cx_noise()
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    found = estimate((ghz(3), TERMS), 0.02, model, resilience_level=2)
    assert (np.abs(found.data.evs - IDEAL) < 5 * found.data.stds).all()
    assert found.metadata["resilience"]["measure_mitigation"] == "trex"
    assert found.metadata["num_randomizations"] == 32
    assert found.metadata["resilience"]["zne"]["noise_factors"] == [1.0, 3.0, 5.0]


def test_parametrised_circuits_are_twirled_point_by_point():
    theta = Parameter("t")
    circuit = QuantumCircuit(2)
    circuit.ry(theta, 0)
    circuit.cx(0, 1)
    angles = np.linspace(0, np.pi, 4)
    found = estimate((circuit, "IZ", angles), 0.02, twirling={"enable_gates": True})
    assert (np.abs(found.data.evs - np.cos(angles)) < 5 * found.data.stds + 1e-9).all()


def test_clifford_circuits_stay_clifford_when_twirled():
    found = estimate((ghz(30), "Z" * 30), 0.1, method="stabilizer", twirling={"enable_gates": True})
    assert found.data.evs == 1


def test_an_overhead_beyond_the_maximum_is_refused_before_anything_runs():
    resilience = {
        "pec_mitigation": True, "layer_noise_model": known_layers(3), "pec": {"max_overhead": 1.2},
    }  # fmt: skip
    with pytest.raises(RequestError, match=r"gamma\*\*2 = 1.578, and resilience.pec.max_overhead"):
        estimate((ghz(3), "ZZI"), 0.05, resilience=resilience)


def test_a_layer_whose_noise_is_not_known_is_refused():
    resilience = {"pec_mitigation": True, "layer_noise_model": known_layers(2)}
    with pytest.raises(RequestError, match=r"no noise is known for 'cx' on qubits \[1, 2\]"):
        estimate((ghz(3), "ZZI"), 0.05, resilience=resilience)


def test_noise_of_the_wrong_width_is_refused():
    layers = known_layers(3)
    layers[0]["generators"][0] = ["XX", [0, 2]]
    resilience = {"pec_mitigation": True, "layer_noise_model": layers}
    with pytest.raises(RequestError, match=r"acts on qubits \[2\]"):
        estimate((ghz(3), "ZZI"), 0.05, resilience=resilience)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"resilience": {"pec_mitigation": True, "zne_mitigation": True}},
            "exclude each other",
        ),
        (
            {
                "resilience": {"pec_mitigation": True, "layer_noise_model": known_layers(2)},
                "twirling": {"enable_gates": False},
            },
            "twirling.enable_gates is False",
        ),
        ({"resilience": {"layer_noise_model": [{"gates": []}]}}, "cannot be read"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        Estimator(options=options).run([(ghz(2), "ZZ")])


def test_a_circuit_that_cannot_be_twirled_is_refused():
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    with pytest.raises(RequestError, match="cannot be twirled"):
        estimate((circuit, "ZZZ"), twirling={"enable_gates": True})
