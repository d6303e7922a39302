"""Confidence intervals: from standard errors to the ends that a share of replicas lies between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..observables import FloatArray


def half_widths(
    confidence: float,
    stds: FloatArray,
    clusters: int,
    draws: NDArray[np.int64] | int,
    reach: FloatArray,
) -> FloatArray:
    """Return the half-widths of intervals.

    Args:
        confidence: Share of replicas that they cover.
        stds: Standard errors.
        clusters: See `half_width`.
        draws: Shots of each, or randomizations where there are several; 0 where none were drawn.
        reach: The sum of the absolute weights of each observable's terms.
    """
    alike = np.where(np.asarray(draws) > 0, alike_half_width(confidence, np.maximum(draws, 1)), 0.0)
    return np.where(stds > 0, half_width(confidence, clusters) * stds, alike * reach)


def alike_half_width(confidence: float, draws: NDArray[np.int64] | int) -> FloatArray:
    """Return the half-width of an interval where all draws were alike, and so have no spread.

    By Wilson's interval (1927) what none of n draws shows happens in at most ``z^2 / (n + z^2)`` of
    them; a draw that is other than the rest is off by at most twice what the observable reaches.

    Args:
        confidence: Share of replicas that the interval covers.
        draws: Shots, or randomizations where there are several; at least 1.

    Returns:
        In units of the sum of the absolute weights of the observable's terms.

    >>> round(float(alike_half_width(0.95, 4096)), 5)
    0.00187
    """
    squared = half_width(confidence, 1) ** 2
    return np.asarray(2.0 * squared / (draws + squared), dtype=np.float64)


def half_width(confidence: float, clusters: int) -> float:
    """Return the half-width of an interval in standard errors.

    Args:
        confidence: Share of replicas that the interval covers.
        clusters: Randomizations whose spread the standard error was estimated from; 1 where it was
            estimated from single shots, of which there are many.

    Returns:
        Student's quantile where clusters are few, the normal one otherwise.

    >>> round(half_width(0.95, 1), 3), round(half_width(0.95, 32), 3)
    (1.96, 2.04)
    """
    from scipy.special import ndtri, stdtrit

    probability = (1.0 + confidence) / 2.0
    return float(ndtri(probability) if clusters < 2 else stdtrit(clusters - 1, probability))
