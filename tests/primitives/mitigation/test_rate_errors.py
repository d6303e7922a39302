"""The calibration's own error in quasi-probabilities: against derivatives, and against replicas."""

import numpy as np
import pytest

from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.assignment import AssignmentErrors
from shoal.primitives.mitigation.quasi import quasi_probabilities
from shoal.primitives.mitigation.rate_errors import RateErrors

BITS = 3
NAMES = "one_given_zero", "zero_given_one"


def register():
    strings = np.arange(1 << BITS)[:, None] >> np.arange(BITS) & 1
    return pack_bits(strings.astype(bool))


def rates(rng):
    return AssignmentErrors(rng.uniform(0.01, 0.1, BITS), rng.uniform(0.01, 0.1, BITS))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_variances_are_those_of_the_derivatives(rng, share):
    errors, flipped = rates(rng), np.full(BITS, share)
    counts = rng.integers(100, 1000, 1 << BITS)
    spread = RateErrors(rng.uniform(1e-6, 1e-5, BITS), rng.uniform(1e-6, 1e-5, BITS), flipped)
    plain = quasi_probabilities(register(), counts, errors, known=spread)

    expected = np.zeros(1 << BITS)
    for name in NAMES:
        for bit in range(BITS):
            step = np.zeros(BITS)
            step[bit] = 1e-6
            both = {n: getattr(errors, n) + (step if n == name else 0) for n in NAMES}
            moved = quasi_probabilities(register(), counts, AssignmentErrors(**both), known=spread)
            slope = (moved.values - plain.values) / 1e-6
            expected += slope**2 * getattr(spread, name)[bit]
    found = spread.variances(register(), plain.values, errors)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_errors_of_shots_and_of_the_calibration_add(rng):
    errors, counts = rates(rng), np.full(1 << BITS, 500)
    exact = quasi_probabilities(register(), counts, errors)
    variances = np.full(BITS, 1e-4)
    known = RateErrors(variances, variances, np.zeros(BITS))
    found = quasi_probabilities(register(), counts, errors, known=known)
    np.testing.assert_array_equal(found.values, exact.values)
    added = known.variances(register(), exact.values, errors)
    np.testing.assert_allclose(found.stds**2, exact.stds**2 + added)


@pytest.mark.parametrize("bits", [8, 70, 130])
def test_pairs_are_found_at_any_width(rng, bits):
    strings = np.zeros((bits + 1, bits), dtype=bool)
    strings[np.arange(bits) + 1, np.arange(bits)] = True
    errors = AssignmentErrors(np.full(bits, 0.01), np.full(bits, 0.02))
    values = np.full(bits + 1, 1.0)
    variances = rng.uniform(1e-6, 1e-4, bits)
    known = RateErrors(variances, 0 * variances, np.zeros(bits))
    order = np.lexsort(pack_bits(strings).T[::-1])
    found = known.variances(pack_bits(strings)[order], values, errors)
    expected = np.append(variances.sum(), variances)[order] / 0.97**2
    np.testing.assert_allclose(found, expected)


@pytest.mark.statistics
def test_intervals_cover_with_a_short_calibration(rng):
    truth = AssignmentErrors(np.array([0.03, 0.05, 0.02]), np.array([0.06, 0.04, 0.08]))
    ghz = np.zeros(1 << BITS)
    ghz[[0, -1]] = 0.5
    read = ghz
    for bit, matrix in enumerate(truth.matrices):
        read = np.moveaxis(read.reshape(2, 2, 2), BITS - 1 - bit, 0)
        read = np.moveaxis(np.tensordot(matrix, read, 1), 0, BITS - 1 - bit).reshape(-1)
    shots, calibrated, values, stds = 8000, 1000, [], []
    for _ in range(300):
        p, q = (rng.binomial(calibrated, rate) / calibrated for rate in
                (truth.one_given_zero, truth.zero_given_one))  # fmt: skip
        known = RateErrors(p * (1 - p) / calibrated, q * (1 - q) / calibrated, np.zeros(BITS))
        counts = rng.multinomial(shots, read)
        seen = counts > 0
        found = quasi_probabilities(
            register()[seen], counts[seen], AssignmentErrors(p, q), known=known
        )
        values.append(found.values[[0, -1]])
        stds.append(found.stds[[0, -1]])
    errors = np.array(values) - 0.5
    ratio = np.sqrt((np.array(stds) ** 2).mean(axis=0)) / errors.std(axis=0)
    assert (ratio > 0.8).all()
    assert (ratio < 1.25).all()
    covered = (np.abs(errors) < 1.96 * np.array(stds)).mean(axis=0)
    assert (covered >= 0.90).all()
    assert (covered <= 0.99).all()
    assert (np.abs(errors.mean(axis=0)) < 5 * errors.std(axis=0) / np.sqrt(300)).all()
