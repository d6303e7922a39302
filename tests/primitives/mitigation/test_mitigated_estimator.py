"""Readout mitigation and ZNE from the door to the data, in this process."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives import Estimator
from shoal.primitives.errors import OptionError, RequestError

P, Q = 0.02, 0.06


def readout_noise(p=P, q=Q):
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[1 - p, p], [q, 1 - q]]))
    return model


def gate_noise(rate):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    return model


def ghz(width):
    circuit = QuantumCircuit(width)
    circuit.h(0)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def estimate(pub, precision=0.02, noise=None, **options):
    simulator = {"noise_model": noise, "method": options.pop("method", "automatic")}
    estimator = Estimator(options={"seed": 11, "simulator": simulator, **options})
    return estimator.run([pub], precision=precision).result()[0]


LOCAL = {"resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False}}
TREX = {"resilience_level": 1}


@pytest.mark.parametrize("options", [TREX, LOCAL])
def test_readout_mitigation_finds_the_ideal_values(options):
    circuit = QuantumCircuit(4)
    circuit.x([0, 2])
    terms = ["ZZZZ", "IIIZ", "IZII", "ZIZI", {"ZZII": 0.5, "IIZZ": 0.5, "IIII": 2.0}]
    found = estimate((circuit, terms), noise=readout_noise(), **options)
    ideal = np.array([1, -1, -1, 1, 2 - 1])
    assert (np.abs(found.data.evs - ideal) < 5 * found.data.stds).all()
    assert (found.data.stds < 0.06).all()


@pytest.mark.parametrize("options", [TREX, LOCAL])
def test_projectors_and_all_bases_are_mitigated(options):
    circuit = ghz(3)
    terms = ["XXX", "YYX", "ZZI", "0I0", "11I", "+II", "rlI"]
    found = estimate((circuit, terms), noise=readout_noise(), **options)
    ideal = np.array([1, -1, 1, 0.5, 0.5, 0.5, 0.25])
    assert (np.abs(found.data.evs - ideal) < 5 * found.data.stds).all()


def test_mitigation_broadcasts_as_pubs_do():
    theta = Parameter("t")
    circuit = QuantumCircuit(2)
    circuit.ry(theta, 0)
    circuit.cx(0, 1)
    angles = np.linspace(0, np.pi, 5)
    pub = (circuit, [["ZZ"], ["IZ"], ["XX"]], angles)
    found = estimate(pub, noise=readout_noise(), **TREX)
    ideal = np.stack([np.ones(5), np.cos(angles), np.sin(angles)])
    assert found.data.evs.shape == (3, 5)
    assert (np.abs(found.data.evs - ideal) < 5 * found.data.stds + 1e-9).all()


def test_several_pubs_share_one_calibration():
    pubs = [(ghz(3), "ZZI"), (ghz(3), "XXX", None, 0.05), (QuantumCircuit(2), "ZZ")]
    options = {"seed": 1, "simulator": {"noise_model": readout_noise()}, **TREX}
    results = Estimator(options=options).run(pubs, precision=0.02).result()
    for found in results:
        assert abs(found.data.evs - 1) < 5 * found.data.stds
    assert [one.metadata["shots"] for one in results] == [2528, 448, 2528]


def test_twirling_without_mitigation_keeps_the_readouts_loss():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    found = estimate(
        (circuit, ["IZ", "ZZ"]), noise=readout_noise(), twirling={"enable_measure": True}
    )
    contrast = 1 - P - Q
    assert (np.abs(found.data.evs + np.array([contrast, contrast**2])) < 5 * found.data.stds).all()


def test_the_split_of_shots_follows_what_was_said():
    twirling = {"num_randomizations": 10, "shots_per_randomization": 50}
    found = estimate((ghz(2), "ZZ"), noise=readout_noise(), twirling=twirling, **TREX)
    assert found.metadata["num_randomizations"] == 10
    assert found.metadata["shots_per_randomization"] == 50
    assert found.metadata["shots"] == 500


ZNE = {"resilience": {"zne_mitigation": True, "zne": {"extrapolator": "exponential"}}}


def test_exact_values_extrapolate_to_the_ideal_ones():
    found = estimate(
        (ghz(4), ["ZZZZ", "XXXX", "IIII"]), 0.0, gate_noise(0.03),
        method="density_matrix", **ZNE,
    )  # fmt: skip
    np.testing.assert_allclose(found.data.evs, 1.0, atol=1e-9)
    expected = (1 - 0.03) ** (3 * np.array([1, 3, 5]))
    np.testing.assert_allclose(found.data.evs_noise_factors[1], expected, atol=1e-9)
    assert found.data.evs_extrapolated.shape == (3, 1, 4)
    np.testing.assert_allclose(found.data.evs_extrapolated[1, 0, 1:], expected, atol=1e-9)
    np.testing.assert_array_equal(found.data.stds, 0)


@pytest.mark.parametrize("observable", ["XXXX", "IIII"])
def test_fields_have_the_factors_that_were_said_in_that_order(observable):
    factors = {"noise_factors": [5, 1, 3], "extrapolated_noise_factors": [2, 0]}
    zne = {"extrapolator": "exponential", **factors}
    options = {"resilience": {"zne_mitigation": True, "zne": zne}}
    found = estimate((ghz(4), observable), 0.0, gate_noise(0.03), **options)
    decay = 0.97**3 if observable == "XXXX" else 1.0
    np.testing.assert_allclose(found.data.evs_noise_factors, decay ** np.array([5, 1, 3]))
    np.testing.assert_allclose(found.data.evs_extrapolated, [decay ** np.array([2, 0])])
    said = found.metadata["resilience"]["zne"]
    assert (said["noise_factors"], said["extrapolated_noise_factors"]) == ([5, 1, 3], [2, 0])


def test_zne_and_trex_together_find_the_ideal_values():
    noise = gate_noise(0.02)
    noise.add_all_qubit_readout_error(ReadoutError([[1 - P, P], [Q, 1 - Q]]))
    options = {"resilience": {**ZNE["resilience"], "measure_mitigation": True}}
    found = estimate((ghz(4), ["ZZZZ", "XXXX", "ZIIZ"]), 0.01, noise, **options)
    assert (np.abs(found.data.evs - 1) < 5 * found.data.stds).all()
    assert found.data.stds_noise_factors.shape == (3, 3)
    assert found.metadata["resilience"]["zne"]["extrapolators_chosen"] == {"exponential": 3}


def test_the_effective_noise_factor_is_fitted():
    zne = {"extrapolator": "exponential", "noise_factors": [1, 1.2, 3]}
    options = {"resilience": {"zne_mitigation": True, "zne": zne}}
    found = estimate((ghz(4), "XXXX"), 0.0, gate_noise(0.05), **options)
    assert found.metadata["resilience"]["zne"]["effective_noise_factors"] == [
        1.0, pytest.approx(5 / 3), 3.0,
    ]  # fmt: skip
    assert found.data.evs == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_bits():
    options = {**TREX, "noise": readout_noise()}
    first, second = (estimate((ghz(3), ["ZZZ", "XXX"]), **options).data.evs for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_exact_values_and_readout_mitigation_contradict_each_other():
    with pytest.raises(RequestError, match="exact values \\(precision 0\\) are asked for"):
        estimate((ghz(2), "ZZ"), 0.0, **TREX)


def test_mitigation_draws_shots_by_default():
    found = Estimator(options=TREX).run([(ghz(2), "ZZ")]).result()[0]
    assert found.metadata["shots"] == 4096


def test_too_few_noise_factors_are_refused_before_anything_runs():
    zne = {"extrapolator": "double_exponential"}
    with pytest.raises(RequestError, match="needs 4 different noise factors"):
        estimate((ghz(2), "ZZ"), resilience={"zne_mitigation": True, "zne": zne})


def test_a_circuit_with_nothing_to_fold_is_refused():
    with pytest.raises(RequestError, match="gate folding finds no two-qubit gate"):
        estimate((QuantumCircuit(2), "ZZ"), **ZNE)


@pytest.mark.parametrize("more", [{"enable_gates": True}, {}])
def test_the_local_inverse_is_refused_where_gates_are_twirled(more):
    options = {**LOCAL, "twirling": {"enable_measure": False, **more}}
    options["resilience_level"] = 0 if more else 2
    with pytest.raises(OptionError, match="undone by TREX, which twirls measurements"):
        Estimator(options=options).run([(QuantumCircuit(1), "Z")], precision=0.1)
