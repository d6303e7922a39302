"""Shots by what each basis contributes: as few as make the variance, and never beyond the cap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.allocation import (
    GROWTH,
    MARGIN,
    MAX_ALLOCATIONS,
    next_shots,
    predicted,
    rounded_up,
    spreads,
)

SPREAD = np.array([[[4.0, 1.0, 0.25]]])
HAVE = np.full((1, 1, 3), 1000)


def asked(target, spread=SPREAD, have=HAVE, cap=10**9):
    variances = predicted(spread, have.astype(float))
    return variances, next_shots(variances, target, spread, have, cap)


def test_shots_are_in_proportion_to_the_spreads():
    _, shots = asked(5.25e-3 / 5)
    np.testing.assert_allclose(shots[0, 0] / shots[0, 0, 0], [1, 0.5, 0.25], atol=0.002)


def test_both_stages_together_make_the_variance_with_some_margin():
    target = 5.25e-3 / 5
    before, shots = asked(target)
    after = 1 / (1 / before + 1 / predicted(SPREAD, shots.astype(float)))
    np.testing.assert_allclose(after, target / MARGIN, rtol=0.01)
    # The same shots, shared out evenly, would not do.
    even = np.full((1, 1, 3), shots.sum() / 3)
    assert (1 / (1 / before + 1 / predicted(SPREAD, even)) > target).all()


def test_what_has_enough_gets_nothing():
    assert not asked(1e-2)[1].any()


def test_a_basis_that_showed_no_spread_gets_some_shots():
    spread = np.array([[[1.0, 0.0]]])
    _, shots = asked(1e-4, spread, np.full((1, 1, 2), 1000))
    assert 0.1 < shots[0, 0, 1] / shots[0, 0, 0] < 0.2


def test_a_stage_grows_by_so_much_and_no_more():
    _, shots = asked(1e-9)
    assert shots.max() == (GROWTH - 1) * 1000


def test_nothing_is_drawn_beyond_the_cap():
    _, shots = asked(1e-9, cap=1500)
    assert shots.max() == 500
    assert not asked(1e-9, cap=1000)[1].any()


@pytest.mark.parametrize("variance", [np.inf, np.nan])
def test_errors_without_a_bound_ask_for_as_much_as_may_be(variance):
    shots = next_shots(np.array([variance]), 1e-3, SPREAD, HAVE, 10**9)
    assert (shots == (GROWTH - 1) * 1000).all()


def test_spreads_of_stages_are_pooled_by_their_shots():
    shots = np.array([[[[100.0]]], [[[300.0]]]])
    contributed = np.sqrt(np.array([[[[1.0]]], [[[2.0]]]]) / shots)
    np.testing.assert_allclose(spreads(shots, contributed), [[[1.75]]])


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=600))
def test_rounding_leaves_few_allocations_and_never_fewer_shots(numbers):
    shots = np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 1, 2)
    rounded = rounded_up(shots, np.full_like(shots, 10**12))
    assert (rounded >= shots).all()
    assert len(np.unique(rounded.reshape(len(rounded), -1), axis=0)) <= MAX_ALLOCATIONS
