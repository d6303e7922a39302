"""The random words are numpy's."""

import numba
import numpy as np

from shoal.cluster.engines.batched.kernels.philox import NUM_WORDS, as_fraction, fill_words


@numba.njit
def words_of(key, row, purpose, refills):
    words = np.empty(NUM_WORDS, dtype=np.uint64)
    for refill in range(refills + 1):
        fill_words(words, key, row, purpose, refill)
    return words


def test_words_are_those_of_numpy():
    key = np.array([12345, 2**63 + 7], dtype=np.uint64)
    generator = np.random.Philox(counter=[0, 77, 3, 0], key=key)

    for refills in range(3):
        expected = generator.random_raw(NUM_WORDS)
        found = words_of(key, np.uint64(77), np.uint64(3), refills)
        np.testing.assert_array_equal(found, expected)


@numba.njit
def fraction(word):
    return as_fraction(word)


def test_fractions_are_below_one():
    assert fraction(np.uint64(0)) == 0.0
    assert fraction(np.uint64(2**64 - 1)) == 1 - 2**-53
    assert fraction(np.uint64(2**63)) == 0.5
