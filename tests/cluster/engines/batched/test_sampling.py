"""Shots follow their distribution, and are a function of key, row and purpose alone."""

import numpy as np
import pytest
from qiskit.primitives import BitArray
from scipy.stats import chi2

from shoal.cluster.engines.batched import DrawKey, sample_counts, sample_shots

KEY = DrawKey(seed=(3 << 64) + 5, purpose=1)
SIGNIFICANCE = 1e-4
"""Of each chi-square test; seeds are fixed, so a test that passes once passes always."""


def histogram(packed: np.ndarray, num_bits: int) -> np.ndarray:
    outcomes = np.zeros(packed.shape[:2], dtype=np.int64)
    for byte in range(packed.shape[2]):
        outcomes = (outcomes << 8) | packed[:, :, byte]
    return np.stack([np.bincount(row, minlength=1 << num_bits) for row in outcomes])


def assert_follows(counts, distributions):
    shots = counts.sum(axis=1, keepdims=True)
    distributions = distributions / distributions.sum(axis=1, keepdims=True)
    expected = shots * distributions
    assert not counts[distributions == 0].any()
    seen = expected > 5
    statistic = (((counts - expected) ** 2)[seen] / expected[seen]).sum()
    freedom = seen.sum() - len(counts)
    assert SIGNIFICANCE < chi2.sf(statistic, freedom) < 1 - SIGNIFICANCE


CASES = [(1, 100), (2, 50000), (4, 4096), (6, 1024), (8, 1024), (8, 10000), (11, 4096), (13, 900)]


@pytest.mark.parametrize(("num_bits", "shots"), CASES)
@pytest.mark.parametrize("draw", [sample_counts, sample_shots])
def test_chi_square(num_bits, shots, draw, rng):
    concentration = 0.5 if num_bits < 10 else 0.01
    distributions = rng.dirichlet(np.full(1 << num_bits, concentration), size=40)
    if num_bits > 1:
        distributions[:, ::5] = 0

    drawn = draw(distributions, shots, KEY, np.arange(40, dtype=np.uint64))

    counts = drawn if draw is sample_counts else histogram(drawn, num_bits)
    assert (counts.sum(axis=1) == shots).all()
    assert_follows(counts, distributions)


@pytest.mark.parametrize(("num_bits", "shots"), [(3, 20), (3, 2000), (9, 30)])
@pytest.mark.parametrize("draw", [sample_counts, sample_shots])
def test_rows_are_independent(num_bits, shots, draw, rng):
    distributions = rng.dirichlet(np.ones(1 << num_bits), size=23)
    rows = np.arange(100, 123, dtype=np.uint64)
    whole = draw(distributions, shots, KEY, rows)

    np.testing.assert_array_equal(draw(distributions[7:9], shots, KEY, rows[7:9]), whole[7:9])
    np.testing.assert_array_equal(draw(distributions, shots, KEY, rows, threads=3), whole)
    assert not np.array_equal(draw(distributions, shots, DrawKey(KEY.seed, 2), rows), whole)
    assert not np.array_equal(draw(distributions, shots, KEY, rows + np.uint64(1)), whole)


def test_shots_of_one_row_are_uncorrelated(rng):
    packed = sample_shots(np.full((1, 256), 1 / 256), 20000, KEY, np.zeros(1, dtype=np.uint64))

    bits = np.unpackbits(packed[0], axis=1).astype(float) - 0.5
    for lag in (1, 2, 4):
        correlation = 4 * (bits[lag:] * bits[:-lag]).mean(axis=0)
        assert np.abs(correlation).max() < 4 / np.sqrt(20000)


@pytest.mark.parametrize("num_bits", [0, 1, 8, 9, 17])
def test_bytes_are_those_of_bit_array(num_bits, rng):
    outcome = int(rng.integers(1 << num_bits))
    distribution = np.zeros((1, 1 << num_bits))
    distribution[0, outcome] = 1

    packed = sample_shots(distribution, 3, KEY, np.zeros(1, dtype=np.uint64))

    expected = BitArray.from_samples([outcome] * 3, num_bits) if num_bits else np.zeros((3, 0))
    np.testing.assert_array_equal(packed[0], getattr(expected, "array", expected))


def test_rounding_below_zero_is_nothing():
    distributions = np.array([[0.5, -1e-17, 0.5, 0.0]])

    counts = sample_counts(distributions, 1000, KEY, np.zeros(1, dtype=np.uint64))

    assert counts[0, 1] == counts[0, 3] == 0
