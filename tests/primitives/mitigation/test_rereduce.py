"""Reducing stored shots again: what works, and what is refused by the name of what never ran."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import ExecutionError, RequestError

from .test_mitigated_estimator import ghz

FULL = {"resilience": {"measure_mitigation": True, "zne_mitigation": True}}


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    return model


GHZ = ghz(3), ["ZZI", "XXX"]


def run(pub=GHZ, primitive=Estimator, options=FULL, **keywords):
    simulator = {"noise_model": noise()}
    estimator = primitive(options={"seed": 4, "simulator": simulator, **options})
    return estimator.run([pub], **(keywords or {"precision": 0.03}))


def zne(**changes):
    return {"resilience": {"zne": changes}}


@pytest.fixture(scope="module")
def job():
    return run()


def test_the_jobs_own_options_give_the_jobs_own_bits(job):
    again = job.reduce({})[0].data
    for name, values in job.result()[0].data.items():
        np.testing.assert_array_equal(again[name], values)


def test_another_extrapolator_takes_the_same_noisy_values(job):
    first, linear = job.result()[0].data, job.reduce(zne(extrapolator="linear"))[0].data
    np.testing.assert_array_equal(first.evs_noise_factors, linear.evs_noise_factors)
    assert (first.evs != linear.evs).all()
    y = linear.evs_noise_factors
    np.testing.assert_allclose(linear.evs, y @ [13 / 12, 1 / 3, -5 / 12], atol=1e-12)


def test_a_subset_of_the_noise_factors(job):
    found = job.reduce(zne(extrapolator="linear", noise_factors=[1, 3]))[0]
    y = found.data.evs_noise_factors
    assert y.shape == (2, 2)
    np.testing.assert_allclose(found.data.evs, 1.5 * y[:, 0] - 0.5 * y[:, 1], atol=1e-12)
    assert found.metadata["resilience"]["zne"]["noise_factors"] == [1.0, 3.0]


def test_without_readout_mitigation_values_shrink_by_the_contrast(job):
    raw = job.reduce({"resilience": {"measure_mitigation": False}})[0].data
    mitigated = job.result()[0].data
    ratio = raw.evs_noise_factors / mitigated.evs_noise_factors
    np.testing.assert_allclose(ratio, np.array([[0.93**2] * 3, [0.93**3] * 3]), atol=0.05)


def test_without_extrapolation_the_value_at_factor_one_is_left(job):
    found = job.reduce({"resilience": {"zne_mitigation": False}})[0].data
    np.testing.assert_array_equal(found.evs, job.result()[0].data.evs_noise_factors[:, 0])
    assert "evs_noise_factors" not in found


def test_a_noise_factor_that_never_ran_is_named(job):
    with pytest.raises(RequestError, match="the variants at noise factor 7 never ran"):
        job.reduce(zne(noise_factors=[1, 3, 7]))


def test_too_few_of_the_factors_are_refused(job):
    with pytest.raises(RequestError, match="needs 3 different noise factors"):
        job.reduce(zne(noise_factors=[1, 3], extrapolator="polynomial_degree_2"))


def test_a_calibration_that_never_ran_is_named():
    job = run(options={"resilience": {"zne_mitigation": True}})
    with pytest.raises(RequestError, match="32 circuits of the readout calibration never ran"):
        job.reduce({"resilience": {"measure_mitigation": True}})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 9}, "seed"),
        ({"twirling": {"num_randomizations": 8}}, "twirling"),
        (zne(amplifier="global_folding"), "resilience.zne.amplifier"),
        (zne(amplifier="pea"), "resilience.zne.amplifier"),
        ({"resilience": {"pec_mitigation": True}}, "resilience.pec_mitigation"),
        (
            {"resilience": {"layer_noise_learning": {"num_randomizations": 4}}},
            "resilience.layer_noise_learning",
        ),
    ],
)
def test_what_decides_the_execution_is_refused(job, change, named):
    with pytest.raises(RequestError, match=f"a reduce cannot change {named}"):
        job.reduce(change)


def test_a_job_that_kept_nothing_says_so():
    job = run(options={})
    with pytest.raises(ExecutionError, match="its result\\(\\) is all that its shots can say"):
        job.reduce({})
    with pytest.raises(RequestError, match="noise factor 3"):
        job.reduce({"resilience": {"zne_mitigation": True}})


def test_a_samplers_quasi_probabilities_can_be_left_out():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.measure_all()
    options = {"resilience": {"measure_mitigation": True}}
    job = run(circuit, Sampler, options, shots=500)
    assert job.result()[0].quasi["meas"].item()[1] == pytest.approx(1, abs=0.1)
    plain = job.reduce({"resilience": {"measure_mitigation": False}})[0]
    assert not hasattr(plain, "quasi")
    assert plain.data.meas == job.result()[0].data.meas
