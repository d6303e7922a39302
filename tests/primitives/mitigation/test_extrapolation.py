"""Extrapolators against closed forms, and their error bars against replicas."""

import numpy as np
import pytest

from shoal.primitives.errors import RequestError
from shoal.primitives.mitigation.extrapolation import (
    check_factors,
    extrapolate,
    points_needed,
    select,
)

ZERO = np.zeros(1)


def at_zero(name, factors, values, variances=None):
    values = np.atleast_2d(values)
    variances = np.zeros_like(values) if variances is None else np.atleast_2d(variances)
    return extrapolate(name, np.asarray(factors, float), values, variances, ZERO)


def test_exponential_is_exact_on_decaying_clifford_values():
    decay = 0.9 ** (4 * np.array([1, 3, 5]))
    found = at_zero("exponential", [1, 3, 5], [decay, -0.7 * decay])
    np.testing.assert_allclose(found.values[:, 0], [1, -0.7], rtol=1e-9)


def test_linear_and_richardson_equal_their_own_biased_closed_forms():
    y = 0.9 ** (4 * np.array([1.0, 3, 5]))
    line = np.polynomial.polynomial.polyfit([1, 3, 5], y, 1)[0]
    assert at_zero("linear", [1, 3, 5], y).values[0, 0] == pytest.approx(line)
    assert at_zero("richardson", [1, 3, 5], y).values[0, 0] == pytest.approx(
        15 / 8 * y[0] - 10 / 8 * y[1] + 3 / 8 * y[2]
    )


def test_mitiqs_example_by_richardson():
    # 50 X gates, each followed by depolarizing noise of 1 %: <Z> = (1 - 4p/3)**(50 * factor).
    values = (1 - 4 * 0.01 / 3) ** (50 * np.array([1, 2, 3]))
    raw = (1 + values[0]) / 2
    mitigated = (1 + at_zero("richardson", [1, 2, 3], values).values[0, 0]) / 2
    assert raw == pytest.approx(0.755560, abs=5e-7)
    assert mitigated == pytest.approx(0.941578, abs=5e-7)


def test_double_exponential_is_exact_on_two_rates():
    x = np.array([1, 1.5, 2, 3, 4, 5])
    y = 0.6 * np.exp(-0.1 * x) + 0.4 * np.exp(-0.8 * x)
    assert at_zero("double_exponential", x, y).values[0, 0] == pytest.approx(1.0, abs=1e-4)


def test_polynomial_of_degree_two_is_exact_on_a_parabola():
    x = np.array([1, 2, 3, 4])
    assert at_zero("polynomial_degree_2", x, 1 - 0.2 * x + 0.01 * x**2).values[0, 0] == (
        pytest.approx(1.0)
    )


def test_fallback_is_the_value_at_the_lowest_factor():
    assert at_zero("fallback", [3, 1, 5], [0.5, 0.8, 0.2]).values[0, 0] == 0.8


@pytest.mark.parametrize("name", ["linear", "richardson", "exponential"])
def test_gradients_are_derivatives(rng, name):
    x, y = np.array([1, 2, 3.0]), np.array([0.8, 0.63, 0.52])
    variances = np.array([1e-4, 2e-4, 3e-4])
    gradient = at_zero(name, x, y, variances).gradients[0, 0]
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-6
        above, below = (at_zero(name, x, y + s, variances).values[0, 0] for s in (step, -step))
        # Gauss-Newton leaves out residual times curvature, some per cent of the derivative here.
        assert gradient[place] == pytest.approx((above - below) / 2e-6, rel=0.1)


@pytest.mark.parametrize("name", ["linear", "richardson", "exponential", "polynomial_degree_1"])
def test_standard_errors_are_those_of_replicas(rng, name):
    x = np.array([1, 3, 5.0])
    truth = 0.95 ** (2 * x)
    sigma = np.array([0.005, 0.007, 0.009])
    values = truth + sigma * rng.normal(size=(4000, 3))
    variances = np.broadcast_to(sigma**2, values.shape)
    found = at_zero(name, x, values, variances)
    seen = found.values[:, 0].std()
    assert np.sqrt(found.variances(variances)[:, 0]).mean() == pytest.approx(seen, rel=0.08)


def test_an_exponential_that_shows_no_decay_gives_way_to_the_next_model(rng):
    x = np.array([1, 3, 5.0])
    values = np.array([[0.9, 0.01, -0.02], [0.8, 0.5, 0.3]])
    variances = np.full((2, 3), 1e-4)
    assert chosen_models(x, values, variances) == [1, 0]


def chosen_models(x, values, variances):
    names = ("exponential", "linear")
    fits = [extrapolate(name, x, values, variances, ZERO) for name in names]
    return select(names, fits, values, variances, 0)[1].tolist()


def test_an_exponential_through_noise_is_not_tried():
    x, values = np.array([1, 3, 5.0]), np.array([[0.02, -0.01, 0.005], [0.05, 0.04, 0.03]])
    assert chosen_models(x, values, np.full((2, 3), 1e-4)) == [1, 0]


def test_noise_factors_below_one_are_refused():
    with pytest.raises(RequestError, match=r"noise factors \[0.5\] are below 1"):
        check_factors([0.5, 1, 3], ["linear"])


def test_too_few_different_factors_are_refused():
    with pytest.raises(RequestError, match="'double_exponential' needs 4 different noise factors"):
        check_factors([1, 3, 3, 5], ["linear", "double_exponential"])


def test_points_needed():
    assert [points_needed(n) for n in ("polynomial_degree_3", "fallback", "linear")] == [4, 1, 2]
