"""TREX: expectation values divided by the contrast of their support (arXiv:2012.09738)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..observables import FloatArray

WEAK_CONTRAST = 5.0
"""Below so many standard errors a contrast is too uncertain for the delta method."""


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """The measured contrasts ``f_S`` of T terms' supports, with their covariance."""

    values: FloatArray
    """``<Z_S>`` of the twirled |0...0> [T]."""
    covariance: FloatArray
    """[T, T]."""

    @property
    def significance(self) -> FloatArray:
        """``|f| / sigma_f`` [T]; infinite where the contrast is known exactly."""
        sigma = np.sqrt(np.diagonal(self.covariance))
        with np.errstate(divide="ignore"):
            return np.where(sigma > 0, np.abs(self.values) / np.where(sigma > 0, sigma, 1), np.inf)


def ratio_variance(raw: float, raw_variance: float, contrast: float, variance: float) -> float:
    """Return the variance of ``raw / contrast`` by the delta method: ``V/f^2 + E^2 V_f/f^4``."""
    return raw_variance / contrast**2 + raw**2 * variance / contrast**4


def fieller_interval(
    raw: float, raw_variance: float, contrast: float, variance: float, z: float
) -> tuple[float, float]:
    """Return Fieller's confidence interval of ``raw / contrast`` for independent normal estimates.

    Args:
        raw: The numerator.
        raw_variance: Its variance.
        contrast: The denominator.
        variance: Its variance.
        z: Half-width in standard deviations, such as 1.96 for 95 %.

    Returns:
        Lower and upper end; infinite where the denominator is not significantly different from 0,
        since then any ratio is possible.

    >>> fieller_interval(0.5, 0.01, 1.0, 0.0, 2.0)
    (0.3, 0.7)
    """
    g = z * z * variance / contrast**2
    if g >= 1:
        return -np.inf, np.inf
    ratio = raw / contrast
    centre = ratio / (1 - g)
    spread = (1 - g) * raw_variance + ratio**2 * variance
    half = z * float(np.sqrt(spread)) / abs(contrast) / (1 - g)
    return float(centre - half), float(centre + half)


def fieller_std(raw: float, raw_variance: float, contrast: float, variance: float) -> float:
    """Return the standard error of a ratio whose denominator is weak.

    Args:
        raw: The numerator.
        raw_variance: Its variance.
        contrast: The denominator.
        variance: Its variance.

    Returns:
        A quarter of the width of the 95 % interval, as it would be of a normal estimate; infinite
        where that interval is.
    """
    low, high = fieller_interval(raw, raw_variance, contrast, variance, 1.96)
    return (high - low) / 3.92
