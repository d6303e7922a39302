"""How many shots each basis gets next: in proportion to what it contributes to the error.

Neyman's allocation: with errors ``s_b / sqrt(n_b)`` of independent bases the fewest shots that make
a variance V are ``n_b = s_b * sum(s) / V``. Bases at several noise factors count apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .observables import FloatArray

IntArray = NDArray[np.int64]

MARGIN = 1.1
"""More shots than the spread that was seen asks for, since that is known only roughly."""

GROWTH = 16
"""The most by which one stage multiplies a basis' shots: early spreads may deceive."""

LEAST_SHARE = 0.02
"""Of an observable's spread: what every basis is taken to have, which shows none by chance."""

CORRECTION = (0.5, 4.0)
"""Between these lies an error, by what its bases account for: calibrations add to it, and clusters
do not shrink with their shots."""

MAX_ALLOCATIONS = 64
"""Different allocations of a pub in one stage: rows of the same one run as one program."""


def spreads(shots: FloatArray, contributions: FloatArray) -> FloatArray:
    """Return the variance of one shot of each basis.

    Args:
        shots: Of each stage, element and basis [S, E, ...]; 0 where there were none.
        contributions: Standard errors that each basis contributed [S, E, ...].

    Returns:
        Variances [E, ...], of all stages by their shots.
    """
    total = shots.sum(axis=0)
    found = (shots**2 * contributions**2).sum(axis=0)
    return np.asarray(found / np.where(total > 0, total, 1.0))


def predicted(spread: FloatArray, shots: FloatArray) -> FloatArray:
    """Return the variances [E] that bases account for.

    Args:
        spread: The variance of one shot of each basis [E, F, B].
        shots: [E, F, B].
    """
    return np.asarray((spread / np.maximum(shots, 1.0)).sum(axis=(1, 2)))


def next_shots(
    variances: FloatArray, target: FloatArray | float, spread: FloatArray, have: IntArray, cap: int
) -> IntArray:
    """Return the shots of the next stage.

    Args:
        variances: Of the estimates so far [E].
        target: The variance that is wanted, of each or of all.
        spread: The variance of one shot of each basis [E, F, B].
        have: Shots so far [E, F, B]; 0 of bases that an element does not have.
        cap: The most shots that a basis may have.

    Returns:
        Shots [E, F, B]; none for elements that have enough, or one of whose bases has the cap.
    """
    is_there = have > 0
    whole = spread.sum(axis=(1, 2), keepdims=True)
    least = np.where(is_there, np.maximum(spread, LEAST_SHARE * whole), 0.0)
    # Where nothing tells bases apart, all get the same.
    sigma = np.sqrt(np.where(whole > 0, least, is_there.astype(np.float64)))
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = 1.0 / (MARGIN / target - 1.0 / variances)
        seen = variances / predicted(sigma**2, have.astype(np.float64))
    factor = np.where(np.isfinite(seen), seen, 1.0)
    factor = np.where(whole[:, 0, 0] > 0, np.clip(factor, *CORRECTION), factor)
    wanted = sigma * sigma.sum(axis=(1, 2), keepdims=True) * factor[:, None, None]
    missing = np.where(np.isfinite(missing) & (missing > 0), missing, np.inf)
    unknown = ~np.isfinite(variances)
    wanted = np.where(unknown[:, None, None], 0.0, wanted / missing[:, None, None])
    limits = (GROWTH - 1.0) * have.max(axis=(1, 2), initial=0).astype(np.float64)
    largest = wanted.max(axis=(1, 2), initial=0.0)
    shrink = np.where(largest > limits, limits / np.where(largest > 0, largest, 1.0), 1.0)
    grown = np.where(unknown[:, None, None], limits[:, None, None], wanted * shrink[:, None, None])
    left = np.where(is_there, cap - have, 0)
    found = np.where(is_there, np.clip(np.ceil(grown), 1, np.maximum(left, 0)), 0)
    is_over = ((left <= 0) & is_there).any(axis=(1, 2))
    done = (variances <= target) | is_over | ~is_there.any(axis=(1, 2))
    return np.where(done[:, None, None], 0, found).astype(np.int64)


def rounded_up(shots: IntArray, left: IntArray) -> IntArray:
    """Round allocations up, so that few different ones remain.

    Args:
        shots: Of each row [R, F, B].
        left: The most that each may be [R, F, B].

    Returns:
        At most `MAX_ALLOCATIONS` different allocations, unless shots are left to few rows only.
    """
    step = 0.25
    while True:
        powers = np.ceil(np.log2(np.maximum(shots, 1)) / step) * step
        found = np.where(shots > 0, np.minimum(np.ceil(2.0**powers), left), 0).astype(np.int64)
        distinct = np.unique(found.reshape(len(found), -1), axis=0)
        if len(distinct) <= MAX_ALLOCATIONS or step >= 8:
            return found
        step *= 2
