"""Learning simulated Pauli-Lindblad noise, and cancelling what was learnt."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import ReadoutError

from shoal.primitives import Estimator, EstimatorOptions, NoiseLearner, NoiseLearnerResult
from shoal.primitives.errors import OptionError, RequestError
from shoal.primitives.expansion import expand
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
    # The noise was learnt with an error of its own: some 0.002 a fidelity and layer.
    error = np.hypot(found.data.stds, 0.01)
    assert (np.abs(found.data.evs - [1, 1, -1]) < 5 * error).all()


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
    assert (np.abs(result[0].data.evs - 1) < 5 * np.hypot(result[0].data.stds, 0.015)).all()
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


@pytest.mark.statistics
def test_learnt_rates_scatter_no_more_than_their_errors_say():
    options = {"layer_pair_depths": [0, 1, 6], "num_randomizations": 16}
    rates, stds, squares = [], [], []
    for seed in range(40):
        (one,) = learner(seed=seed, **options).run([ghz(2)]).result().data
        rates.append(one.noise.rates)
        stds.append(one.stds)
        squares.append(one.chi_square)
    truth = np.array([TRUTH.get(generator, 0.0) for generator in one.noise.generators])
    # The errors are those of rates that may be negative: where a rate that is 0 would otherwise
    # make up for another one, the bound makes both better known (here by a factor of 2).
    free = truth > 3 * np.mean(stds, axis=0)
    assert free.sum() >= 2
    errors = np.array(rates)[:, free] - truth[free]
    ratio = np.sqrt(np.mean(np.array(stds)[:, free] ** 2, axis=0)) / errors.std(axis=0)
    assert (ratio > 0.7).all()
    assert (ratio < 3).all()
    # For the same reason each mean is a little off, by less than the reported error ...
    assert (np.abs(errors.mean(axis=0)) < np.mean(stds, axis=0)[free]).all()
    # ... and their sum, which the cost of PEC goes by, is not.
    sums = np.sum(rates, axis=1)
    assert abs(sums.mean() - truth.sum()) < 5 * sums.std() / np.sqrt(40) + 3e-4
    assert 0.5 < np.mean(squares) < 1.5
