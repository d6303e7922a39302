"""The fit against values that follow the model."""

import numpy as np
import pytest

from shoal.primitives.errors import RequestError
from shoal.primitives.learning.rate_fit import fit_rates

RATES = np.array([0.02, 0.0, 0.005])


def exponents(rng, values=60):
    return 2.0 * rng.integers(0, 9, (values, 3))


def test_exact_values_give_exact_rates(rng):
    powers = exponents(rng)
    found = fit_rates(np.exp(-powers @ RATES), np.full(60, 1e-4), powers)
    np.testing.assert_allclose(found.rates, RATES, atol=1e-6)


def test_errors_are_those_of_replicas(rng):
    powers, stds = exponents(rng), np.full(60, 0.01)
    truth = np.exp(-powers @ RATES)
    fits = [fit_rates(truth + rng.normal(0, stds), stds, powers) for _ in range(300)]
    rates = np.array([fit.rates for fit in fits])
    spread = rates[:, [0, 2]].std(axis=0)
    reported = np.mean([fit.stds(np.diag(stds**2)) ** 2 for fit in fits], axis=0) ** 0.5
    np.testing.assert_allclose(reported[[0, 2]] / spread, 1, atol=0.25)
    assert np.mean([fit.chi_square for fit in fits]) == pytest.approx(1, abs=0.1)
    assert (np.abs(rates.mean(axis=0) - RATES)[[0, 2]] < 5 * spread / np.sqrt(300)).all()


def test_rates_that_nothing_depends_on_are_not_known(rng):
    powers = exponents(rng)
    powers[:, 1] = 0
    found = fit_rates(np.exp(-powers @ RATES), np.full(60, 0.01), powers)
    assert np.isinf(found.stds(np.eye(60))).tolist() == [False, True, False]


def test_rates_that_only_add_up_are_not_known_alone(rng):
    powers = exponents(rng)
    powers[:, 1] = powers[:, 0]
    found = fit_rates(np.exp(-powers @ RATES), np.full(60, 0.01), powers)
    assert np.isinf(found.stds(np.eye(60))).tolist() == [True, True, False]
    assert np.isfinite(found.response).all()


def test_what_values_share_goes_into_the_rates(rng):
    powers, stds = exponents(rng), np.full(60, 0.02)
    truth, shared = np.exp(-powers @ RATES), rng.normal(0, 0.02, 60)
    fits = [fit_rates(truth + shared * rng.normal(), stds, powers) for _ in range(300)]
    rates = np.array([fit.rates for fit in fits])
    reported = np.sqrt(np.mean([(fit.response @ shared) ** 2 for fit in fits], axis=0))
    np.testing.assert_allclose(reported[[0, 2]], rates[:, [0, 2]].std(axis=0), rtol=0.2)


def test_a_rate_at_its_bound_stays_there(rng):
    powers = exponents(rng)
    values = np.exp(-powers @ np.array([0.02, -0.01, 0.005]))
    found = fit_rates(values, np.full(60, 0.01), powers)
    assert found.rates[1] == 0
    assert not found.response[1].any()
    assert found.stds(np.eye(60))[1] > 0


def test_values_that_came_out_high_do_not_count_for_more(rng):
    """128 shots a value, whose own spread is known no better: no weight for a fit."""
    powers = exponents(rng)
    truth = np.exp(-powers @ RATES)
    sums = []
    for _ in range(300):
        shots = np.where(rng.random((60, 8, 16)) < (1 + truth[:, None, None]) / 2, 1.0, -1.0)
        of_clusters = shots.mean(axis=2)
        stds = of_clusters.std(axis=1, ddof=1) / np.sqrt(8)
        sums.append(powers.mean(axis=0) @ fit_rates(of_clusters.mean(axis=1), stds, powers).rates)
    off = np.mean(sums) - powers.mean(axis=0) @ RATES
    assert abs(off) < 4 * np.std(sums) / np.sqrt(300)


def test_nothing_is_learnt_from_noise_alone():
    with pytest.raises(RequestError, match="no noise can be learnt"):
        fit_rates(np.array([0.01, -0.02]), np.array([0.01, 0.01]), np.ones((2, 3)))
