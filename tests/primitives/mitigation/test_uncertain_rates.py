"""Scores of randomizations, and what the errors of rates do to estimates."""

from itertools import product

import numpy as np
import pytest
from qiskit.quantum_info import PauliLindbladMap

from shoal.primitives import Estimator
from shoal.primitives.layer_noise import layer_noise
from shoal.primitives.mitigation.layers import noise_of_layer
from shoal.primitives.mitigation.twirling import inserted_generators
from shoal.primitives.mitigation.uncertain_rates import (
    RateSlopes,
    UncertainRates,
    variances_by_rates,
)

from .test_mitigated_estimator import ghz
from .test_twirled_estimator import cx_noise, known_layers

NOTHING = np.zeros(2, dtype=np.int64)


def layer(gate, rates, **deviations):
    generators = [["X", [gate[0]]], ["ZZ", gate], ["Y", [gate[1]]]]
    said = {"deviations": deviations} if deviations else {}
    return layer_noise({"gates": [["cx", gate]], "generators": generators, "rates": rates, **said})


def uncertain(width, share):
    """The layers of a test's circuit, their rates known to a share of themselves."""
    layers = known_layers(width)
    for one in layers:
        rows = np.diag(one["rates"]) * share
        one["deviations"] = {"own": rows.tolist()}
    return layers


@pytest.mark.parametrize("scale", [-1.0, -0.5, 1.5])
def test_scores_are_derivatives_of_the_weights(scale):
    rates = np.array([0.3, 0.1, 0.2])

    def weights(rates):
        flipped = (1 - np.exp(-2 * scale * rates)) / 2
        return np.prod(np.where(every, flipped, 1 - flipped), axis=1)

    every = np.array(list(product([False, True], repeat=3)))
    known = [layer([0, 1], rates.tolist(), own=[[0.1], [0.2], [0.3]])]
    found = UncertainRates.of(known)
    scores = found.no_scores(8)
    found.add_scores(scores, noise_of_layer(known[0].gates, known, [0, 1], 2), scale, every)
    for number, step in enumerate(1e-6 * np.eye(3)):
        slope = (weights(rates + step) - weights(rates - step)) / 2e-6
        np.testing.assert_allclose(slope, weights(rates) * scores[:, number], atol=1e-8)


def test_layers_learnt_with_one_calibration_err_together():
    rates = [0.1, 0.2, 0.3]
    own, common = [[0.01], [], [0.0, 0.02]], [[0.003], [0.004], []]
    same = {"own": own, "common": common, "calibration": "a"}
    other = {**same, "calibration": "b"}
    known = [layer([0, 1], rates, **same), layer([1, 2], rates), layer([2, 3], rates, **other)]
    found = UncertainRates.of([*known, layer([3, 4], rates, **same)])
    assert found.positions.tolist() == [0, 1, 2, 6, 7, 8, 9, 10, 11]
    covariance = found.covariance
    np.testing.assert_allclose(np.diag(covariance)[:3], [1.09e-4, 1.6e-5, 4e-4])
    np.testing.assert_allclose(covariance[0, 6], 9e-6)
    assert not covariance[:3, 3:6].any()
    assert UncertainRates.of([layer([0, 1], rates)]) is None


def test_noise_of_the_derivatives_is_taken_away(rng):
    truth, covariance, found = np.array([1.0, -2.0]), np.array([[0.02, -0.01], [-0.01, 0.04]]), []
    for _ in range(2000):
        scores = rng.normal(size=(1, 40, 2))
        sums = scores @ truth[:, None] + 3 * rng.normal(size=(1, 40, 1))
        shots = np.ones((1, 40), dtype=np.int64)
        slopes = RateSlopes.of_points(shots, sums, shots, 1.0, scores, covariance)
        square = slopes.slopes[0, 0] @ covariance @ slopes.slopes[0, 0]
        found.append(square - slopes.excess[0, 0, 0])
    expected = truth @ covariance @ truth
    assert abs(np.mean(found) - expected) < 0.05 * expected + 5 * np.std(found) / np.sqrt(2000)


@pytest.mark.parametrize(("excess", "expected"), [(1.0, 8.0), (8.0, 2.25), (30.0, 2.25)])
def test_a_quarter_of_what_derivatives_give_is_kept(excess, expected):
    slopes = RateSlopes(np.array([[[3.0]]]), np.array([[[excess]]]))
    pull = np.ones((1, 1, 1))
    found = variances_by_rates([(slopes, pull), (None, pull)], np.eye(1))
    assert found.tolist() == [[expected]]


@pytest.mark.parametrize("noise", [None, cx_noise()])
def test_errors_of_rates_are_those_of_the_decays(noise):
    """Between Cliffords an estimate is its ideal value times fidelities, exactly."""
    share, layers = 0.1, uncertain(2, 0.1)
    options = {
        "seed": 5,
        "simulator": {"noise_model": noise},
        "resilience": {"pec_mitigation": True, "layer_noise_model": layers},
        "twirling": {"num_randomizations": 30_000, "shots_per_randomization": 1},
    }
    found = Estimator(options=options).run([(ghz(2), ["ZZ", "XX"])], precision=0.1).result()[0]
    rates = dict(zip(["XX", "Z0", "Y1", "ZX"], layers[0]["rates"], strict=True))
    anticommuting = {"ZZ": ("Y1", "ZX"), "XX": ("Z0", "Y1", "ZX")}
    expected = [
        2 * abs(value) * share * np.sqrt(sum(rates[name] ** 2 for name in anticommuting[term]))
        for term, value in zip(["ZZ", "XX"], found.data.evs, strict=True)
    ]
    np.testing.assert_allclose(found.data.stds_layer_noise, expected, rtol=0.15)
    assert found.metadata["resilience"]["layer_noise_errors"] == "in the standard errors"


def test_rates_without_errors_are_said_to_be_taken_as_exact():
    layers = [uncertain(3, 0.1)[0], known_layers(3)[1]]
    options = {"seed": 5, "resilience": {"pec_mitigation": True, "layer_noise_model": layers}}
    found = Estimator(options=options).run([(ghz(3), "ZZI")], precision=0.2).result()[0]
    words = found.metadata["resilience"]["layer_noise_errors"]
    assert words.startswith("not in the standard errors: 1 of 2 layers")


def test_draws_are_found_again_generator_by_generator():
    (known,) = known_layers(2)
    noise = noise_of_layer(layer_noise(known).gates, [layer_noise(known)], [0, 1], 2)
    terms = list(zip(noise.generators, noise.rates.tolist(), strict=True))
    _, drawn = PauliLindbladMap.from_list(terms).parity_sample(5000, 7, scale=-1.0)
    found = inserted_generators(noise, 5000, 7, -1.0)
    paulis, _ = noise.scaled(-1.0).inserted(found)
    as_bits = np.array([0, 2, 3, 1])[paulis[:, ::-1]]
    np.testing.assert_array_equal(as_bits, drawn.to_dense_array())
    assert 0 < found.mean() < 0.05
