"""Points of one estimate that were mitigated by different calibrations, put together again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..observables import FloatArray
from ..workload import IntArray
from .estimates import BasisPart, TermEstimates


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
        parts: Covariances [G, G], all of one size.
    """
    if len(parts) == 1:
        return parts[0]
    size = len(parts[0])
    found = np.zeros((len(parts) * size,) * 2)
    for number, part in enumerate(parts):
        here = slice(number * size, (number + 1) * size)
        found[here, here] = part
    return found
