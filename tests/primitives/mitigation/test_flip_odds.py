"""Odds by tables are products over differing bits, and places of keys are where they stand."""

import numpy as np
import pytest

from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.assignment import AssignmentErrors
from shoal.primitives.mitigation.flip_odds import flip_odds
from shoal.primitives.mitigation.neighbours import neighbour_pairs, packed_words


def strings_of(rng, count, num_bits):
    """Strings near each other: few flips of one string."""
    return np.unique(rng.random((count, num_bits)) < 2 / num_bits, axis=0)


@pytest.mark.parametrize("num_bits", [5, 8, 20, 64, 70, 130])
def test_odds_multiply_over_differing_bits(rng, num_bits):
    bits = strings_of(rng, 30, num_bits)
    errors = AssignmentErrors(rng.uniform(0, 0.1, num_bits), rng.uniform(0, 0.1, num_bits))
    first, second = (rng.integers(0, len(bits), 50).astype(np.int32) for _ in range(2))
    words = packed_words(pack_bits(bits))
    found = flip_odds(words, first, second, errors)
    zero = errors.one_given_zero / (1 - errors.one_given_zero)
    one = errors.zero_given_one / (1 - errors.zero_given_one)
    for odds, prepared in zip(found, (first, second), strict=True):
        of_bit = np.where(bits[prepared], one, zero)
        expected = np.where(bits[first] != bits[second], of_bit, 1.0).prod(axis=1)
        np.testing.assert_allclose(odds, expected, rtol=1e-12)


@pytest.mark.parametrize("num_bits", [12, 21, 64, 90])
@pytest.mark.parametrize("distance", [1, 2, 3])
def test_pairs_by_flips_are_all_pairs(rng, num_bits, distance, monkeypatch):
    bits = strings_of(rng, 400, num_bits)
    monkeypatch.setattr("shoal.primitives.mitigation.neighbours._cost_of_pairs", lambda n: np.inf)
    words = packed_words(pack_bits(bits))
    pairs = {
        frozenset(pair) for pair in zip(*neighbour_pairs(words, num_bits, distance), strict=True)
    }
    apart = (bits[:, None] != bits[None]).sum(axis=2)
    expected = np.argwhere(np.triu((apart <= distance) & (apart > 0)))
    assert pairs == {frozenset(pair) for pair in expected.tolist()}
