"""Learning simulated Pauli-Lindblad noise, and cancelling what was learnt."""

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import ReadoutError

from shoal.primitives import Estimator, EstimatorOptions, NoiseLearner, NoiseLearnerResult
from shoal.primitives.errors import OptionError, RequestError
from shoal.primitives.expansion import expand
from shoal.primitives.mitigation.uncertain_rates import UncertainRates
from shoal.primitives.pubs import estimator_request
from tests.primitives.mitigation.test_mitigated_estimator import ghz
from tests.primitives.mitigation.test_twirled_estimator import GENERATORS, cx_noise

DEPTHS = {"layer_pair_depths": [0, 1, 4, 12], "twirling_strategy": "active"}
TRUTH = {
    ("".join(letter for letter in label[::-1] if letter != "I"), places): rate
    for label, rate in GENERATORS
    for places in [tuple(q for q, letter in enumerate(label[::-1]) if letter != "I")]
}


def misread_noise():
    model = cx_noise()
    model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.06, 0.94]]))
    return model


def learner(**options):
    asked = {"seed": 4, "simulator": {"noise_model": misread_noise()}, **DEPTHS, **options}
    return NoiseLearner(options=asked)


@pytest.fixture(scope="module")
def learnt():
    return learner().run([ghz(3)]).result()


def test_learnt_rates_agree_with_the_true_ones(learnt):
    assert len(learnt.data) == 2
    for one in learnt.data:
        ((name, qubits),) = one.noise.gates
        assert name == "cx"
        truth = [
            TRUTH.get((letters, tuple(qubits.index(q) for q in where)), 0.0)
            for letters, where in one.noise.generators
        ]
        assert np.abs(np.array(one.noise.rates) - truth).max() < 0.012
        assert (np.abs(np.array(one.noise.rates) - truth) < 5 * one.stds).all()
        assert 0.4 < one.chi_square < 2


def test_what_was_learnt_is_written_and_read(learnt):
    again = NoiseLearnerResult.from_json(learnt.to_json())
    assert again.to_json() == learnt.to_json()
    assert again.layer_noise_model == learnt.layer_noise_model
    assert all(any(one["deviations"]["common"]) for one in again.layer_noise_model)


def test_noise_of_the_first_format_is_read_as_exact(learnt):
    document = json.loads(learnt.to_json())
    del document["schema"]
    for one in document["layer_noise_model"]:
        del one["deviations"]
    old = NoiseLearnerResult.from_json(json.dumps(document))
    assert [one.noise.deviations for one in old.data] == [None, None]
    document["schema"] = 3
    with pytest.raises(ValueError, match=r"version 3 of the format; this Shoal reads 1 and 2"):
        NoiseLearnerResult.from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("deviations", "why"),
    [
        ({"own": [[0.1]]}, "15 rates and 1 rows of 'own' deviations"),
        ({"own": [[np.inf]] * 15}, "'own' deviations that are not finite"),
        ({"common": [[0.1]] * 15}, "no 'calibration' that they are of"),
        ({"own": 3}, "cannot be read"),
        (3, "cannot be read"),
    ],
)
def test_deviations_that_do_not_fit_are_refused(learnt, deviations, why):
    layers = [{**one, "deviations": deviations} for one in learnt.layer_noise_model]
    assert len(layers[0]["rates"]) == 15
    with pytest.raises(OptionError, match=why):
        EstimatorOptions.coerce({"resilience": {"layer_noise_model": layers}})


def test_layers_err_together_by_the_calibration_that_they_share(learnt):
    one, other = (UncertainRates.of([one.noise]) for one in learnt.data)
    both = UncertainRates.of([one.noise for one in learnt.data])
    size = one.positions.size
    np.testing.assert_allclose(both.covariance[:size, :size], one.covariance)
    np.testing.assert_allclose(both.covariance[size:, size:], other.covariance)
    assert both.covariance[:size, size:].any()


def test_pec_with_the_learnt_noise_is_unbiased(learnt):
    found = (
        Estimator(
            options={
                "seed": 9,
                "simulator": {"noise_model": cx_noise()},
                "resilience": {
                    "pec_mitigation": True,
                    "layer_noise_model": learnt.layer_noise_model,
                },
            }
        )
        .run([(ghz(3), ["ZZI", "XXX", "YYX"])], precision=0.03)
        .result()[0]
    )
    assert (np.abs(found.data.evs - [1, 1, -1]) < 5 * found.data.stds).all()
    assert (found.data.stds_layer_noise > 0).all()
    assert (found.data.stds_layer_noise < found.data.stds).all()


def test_an_estimator_learns_what_it_was_not_told():
    options = {
        "seed": 9,
        "simulator": {"noise_model": cx_noise()},
        "resilience": {
            "pec_mitigation": True,
            "layer_noise_learning": {**DEPTHS, "num_randomizations": 16},
        },
    }
    job = Estimator(options=options).run([(ghz(2), ["ZZ", "XX"])], precision=0.05)
    result = job.result()
    assert (np.abs(result[0].data.evs - 1) < 5 * result[0].data.stds).all()
    (layer,) = result.metadata["layer_noise_model"]
    assert layer["gates"] == [["cx", [0, 1]]]
    again = Estimator(options=options).run([(ghz(2), ["ZZ", "XX"])], precision=0.05).result()
    np.testing.assert_array_equal(again[0].data.evs, result[0].data.evs)
    interval = job.reduce({"resilience": {"confidence": 0.95}})[0].data
    assert (interval.evs_lower < result[0].data.evs).all()


def test_what_cannot_be_learnt_is_refused_at_run():
    circuit = QuantumCircuit(2)
    circuit.crx(0.3, 0, 1)
    options = {"resilience": {"pec_mitigation": True}}
    with pytest.raises(RequestError, match=r"'crx' .* cannot be learnt"):
        Estimator(options=options).run([(circuit, "ZZ")])


def test_a_request_as_it_is_must_know_the_noise():
    options = EstimatorOptions.coerce({"resilience": {"pec_mitigation": True}})
    request = estimator_request([(ghz(2), "ZZ")], 0.1, options)
    with pytest.raises(OptionError, match=r"need resilience\.layer_noise_model"):
        expand(request)


def test_options_are_checked():
    with pytest.raises(OptionError, match=r"layer_pair_depths: found -1, expected an integer"):
        NoiseLearner(options={"layer_pair_depths": [-1]})
