"""Points of one estimate that were mitigated by different calibrations, put together again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..observables import FloatArray
from ..workload import IntArray
from .estimates import BasisPart, TermEstimates
from .uncertain_rates import RateSlopes


def joined(
    parts: Sequence[tuple[IntArray, TermEstimates, int]], calibrations: int
) -> TermEstimates:
    """Put points together that have each a calibration of their own.

    Args:
        parts: Positions of some points, estimates there, and the number of their calibration.
        calibrations: How many there are, C.

    Returns:
        All points; the shared numbers are those of all calibrations, one behind the other
        [P, T, C * G].
    """
    if calibrations == 1:
        return parts[0][1]
    points = sum(at.size for at, _, _ in parts)
    first = parts[0][1]
    terms = first.means.shape[1]
    means, covariance = np.zeros((points, terms)), np.zeros((points, terms, terms))
    size = 0 if first.shared is None else first.shared.shape[2]
    shared = np.zeros((points, terms, calibrations * size))
    for at, one, number in parts:
        means[at], covariance[at] = one.means, one.covariance
        if one.shared is not None:
            shared[at, :, number * size : (number + 1) * size] = one.shared
    unbounded = [one.unbounded for _, one, _ in parts if one.unbounded is not None]
    lost = [one.lost for _, one, _ in parts if one.lost is not None]
    return TermEstimates(
        means,
        covariance,
        None if first.shared is None else shared,
        np.logical_or.reduce(unbounded) if unbounded else None,
        np.logical_or.reduce(lost) if lost else None,
        _joined_bases(parts, points),
        RateSlopes.joined([(at, one.by_rates) for at, one, _ in parts]),
    )


def _joined_bases(
    parts: Sequence[tuple[IntArray, TermEstimates, int]], points: int
) -> tuple[BasisPart, ...]:
    found = []
    for number, (terms, _) in enumerate(parts[0][1].bases):
        covariance = np.zeros((points, terms.size, terms.size))
        for at, one, _ in parts:
            covariance[at] = one.bases[number][1]
        found.append((terms, covariance))
    return tuple(found)


def block_diagonal(parts: Sequence[FloatArray]) -> FloatArray:
    """Return the covariance of what has none across its parts.

    Args:
        parts: Covariances [G, G], or factors of them [D, G].
    """
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([(0, 0), *(part.shape for part in parts)], axis=0)
    found = np.zeros(tuple(ends[-1]))
    for part, (row, column), (last, end) in zip(parts, ends[:-1], ends[1:], strict=True):
        found[row:last, column:end] = part
    return found
