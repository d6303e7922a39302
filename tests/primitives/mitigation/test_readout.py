"""Calibration, TREX and the local inverse against known readout errors."""

import numpy as np
import pytest

from shoal.primitives.errors import RequestError
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.calibration import calibration_flips, tally_calibration
from shoal.primitives.mitigation.readout import local_inverse
from shoal.primitives.mitigation.trex import (
    Contrasts,
    fieller_interval,
    fieller_std,
    ratio_variance,
)

P, Q = np.array([0.02, 0.05, 0.01]), np.array([0.06, 0.03, 0.09])


def misread(bits, rng):
    rates = np.where(bits, Q, P)
    return bits ^ (rng.random(bits.shape) < rates)


def calibrate(rng, clusters=32, shots=500, supports=((1, 1, 1),)):
    flips = calibration_flips(np.random.SeedSequence(5), clusters, 3)
    read = misread(np.repeat(flips, shots, axis=0), rng)
    owner = np.repeat(np.arange(clusters), shots)
    masks = pack_bits(np.array(supports, dtype=bool))
    return tally_calibration(pack_bits(read), np.ones(owner.size, np.int64), owner, flips, masks)


def test_flips_prepare_every_bit_as_often_in_0_as_in_1():
    flips = calibration_flips(np.random.SeedSequence(1), 32, 40)
    assert (flips.sum(axis=0) == 16).all()
    assert (flips[:16] == ~flips[16:]).all()


def test_error_rates_are_found_within_their_own_errors(rng):
    calibration = calibrate(rng)
    errors, (p_var, q_var) = calibration.errors(), calibration.error_variances()
    assert (np.abs(errors.one_given_zero - P) < 5 * np.sqrt(p_var)).all()
    assert (np.abs(errors.zero_given_one - Q) < 5 * np.sqrt(q_var)).all()


def test_contrasts_are_measured_on_the_support(rng):
    calibration = calibrate(rng, supports=((1, 1, 1), (1, 0, 0), (0, 1, 1)))
    found = calibration.contrasts()
    contrast = 1 - P - Q
    # Averaged over a frame and its complement the product keeps small terms of p - q.
    expected = [contrast.prod(), contrast[0], contrast[1:].prod()]
    sigma = np.sqrt(found.variances[0])
    assert (np.abs(found.means[0] - expected) < 5 * sigma).all()


def test_calibration_in_one_state_only_is_refused():
    flips = np.array([[True, False], [True, True]])
    calibration = tally_calibration(
        np.array([[1], [3]], np.uint8), np.ones(2, np.int64), np.arange(2), flips,
        np.zeros((0, 1), np.uint8),
    )  # fmt: skip
    with pytest.raises(RequestError, match=r"bits \[0\] were prepared in one state only in the 2"):
        calibration.errors()


@pytest.mark.parametrize(("term", "ideal"), [("ZZZ", -1.0), ("IZI", 1.0), ("0Z1", 1.0), ("10Z", 0)])
def test_the_local_inverse_finds_the_true_value(rng, term, ideal):
    prepared = np.array([[True, False, False]])
    read = misread(np.repeat(prepared, 20_000, axis=0), rng)
    asked = pack_bits(read), np.ones(20_000, np.int64), [term, "IIZ"], range(3)
    found = local_inverse(*asked, calibrate(rng))
    variance = found.covariance[0, 0] + found.calibration_covariance[0, 0]
    assert abs(found.means[0] - ideal) < 5 * np.sqrt(variance) + 1e-12
    assert found.calibration_covariance[0, 0] > 0


def test_the_calibrations_delta_is_the_derivative(rng):
    calibration = calibrate(rng)
    read = misread(rng.integers(0, 2, (3000, 3)).astype(bool), rng)
    ones = np.ones(3000, np.int64)

    def means(change):
        shifted = type(calibration)(
            calibration.flips, calibration.shots, calibration.ones + change,
            calibration.supports, calibration.parities,
        )  # fmt: skip
        return local_inverse(pack_bits(read), ones, ["ZZI", "0IZ"], range(3), shifted), shifted

    base, _ = means(np.zeros_like(calibration.ones))
    variance = np.zeros((2, 2))
    for given, rates in zip((False, True), calibration.error_variances(), strict=True):
        for bit in range(3):
            cluster = np.flatnonzero(calibration.flips[:, bit] == given)[0]
            change = np.zeros_like(calibration.ones)
            change[cluster, bit] = 1
            moved, shifted = means(change)
            field = "zero_given_one" if given else "one_given_zero"
            rate = getattr(shifted.errors(), field)[bit] - getattr(calibration.errors(), field)[bit]
            slope = (moved.means - base.means) / rate
            variance += rates[bit] * np.outer(slope, slope)
    np.testing.assert_allclose(base.calibration_covariance, variance, rtol=1e-3, atol=1e-9)


def test_a_strong_contrast_makes_fieller_and_delta_agree():
    low, high = fieller_interval(0.4, 1e-4, 0.8, 1e-6, 1.96)
    delta = np.sqrt(ratio_variance(0.4, 1e-4, 0.8, 1e-6))
    assert (high - low) / 3.92 == pytest.approx(delta, rel=1e-3)


def test_a_contrast_like_nothing_gives_no_bound():
    assert fieller_std(0.1, 1e-4, 0.01, 1e-2) == np.inf


def test_significance_of_an_exact_contrast_is_infinite():
    contrasts = Contrasts(np.array([0.9, 0.5]), np.diag([0.0, 0.01]))
    assert contrasts.significance.tolist() == [np.inf, 5.0]
