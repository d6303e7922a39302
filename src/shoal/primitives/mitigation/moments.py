"""Means of terms and the covariance of these means: what every finish starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..observables import FloatArray
from ..tallies import Tally
from ..workload import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Estimates of T terms at P points, with the covariance of the estimates."""

    means: FloatArray
    """Means [P, T]."""
    covariance: FloatArray
    """Covariance of the means [P, T, T]."""

    @property
    def variances(self) -> FloatArray:
        """Variances of the means [P, T]."""
        return np.diagonal(self.covariance, axis1=1, axis2=2)

    def of_observables(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and variances [K, P] of K weighted sums of terms [K, T]."""
        # Plain einsum: the last bits of a BLAS product depend on its threads.
        half = np.einsum("kt,ptu->kpu", weights, self.covariance)
        spread = np.einsum("kpu,ku->kp", half, weights)
        return np.einsum("kt,pt->kp", weights, self.means), np.maximum(spread, 0.0)


def moments_of_shots(tally: Tally) -> Moments:
    """Take every shot as a cluster of its own: the readings of one state, drawn independently.

    Args:
        tally: Sums and products of readings; its rows are the points.

    Returns:
        The moments. A single shot has no spread to show: its covariance is 0.
    """
    shots = tally.shots[:, None].astype(np.float64)
    means = tally.sums / shots
    second = tally.products / shots[:, :, None]
    spread = second - means[:, :, None] * means[:, None, :]
    return Moments(means, spread / np.maximum(shots[:, :, None] - 1, 1))


def moments_of_clusters(shots: IntArray, sums: IntArray, gamma: float = 1.0) -> Moments:
    """Take every randomization as one draw, whatever the number of its shots.

    Shots that share a randomization share its random frame, so they are no independent draws of
    the twirled channel: pooled-shots formulas have been seen to be seven times too small.

    Args:
        shots: Shots of each cluster [P, C].
        sums: Sums of readings [P, C, T], signs included.
        gamma: The cost of PEC: a value lies in [-1, 1], so the mean of its signed readings lies
            within ``1 / gamma``, and their variance is at least the mean of their squares less the
            square of that. So errors are seen that no negative sign has shown so far.

    Returns:
        The ratio estimate ``sum(S m) / sum(S)`` and its linearised covariance
        ``C / (C - 1) * sum(S^2 (m - E)(m - E)') / sum(S)^2``; for equal clusters these are the
        plain mean of the cluster means and the variance of that mean.
    """
    total = shots.sum(axis=1, dtype=np.float64)
    means = sums.sum(axis=1) / total[:, None]
    apart = sums - shots[:, :, None] * means[:, None, :]
    clusters = shots.shape[1]
    scale = clusters / max(clusters - 1, 1) / total**2
    covariance = np.einsum("pct,pcu->ptu", apart, apart) * scale[:, None, None]
    if gamma > 1.0:
        squares = np.square(shots, dtype=np.float64)[:, :, None] / gamma**2
        least = (np.square(sums, dtype=np.float64) - squares).sum(axis=1) / total[:, None] ** 2
        seen = np.einsum("ptt->pt", covariance)
        seen += np.maximum(least - seen, 0.0)
    return Moments(means, covariance)


def deviations_of_clusters(shots: IntArray, sums: IntArray) -> FloatArray:
    """Return what each cluster adds to the errors of the means: the covariance's factor.

    Args:
        shots: Shots of each cluster [C].
        sums: Sums of readings [C, T].

    Returns:
        Deviations [C, T], ``d' d`` is the covariance of `moments_of_clusters`.
    """
    total, clusters = float(shots.sum()), shots.size
    means = sums.sum(axis=0) / total
    scale = np.sqrt(clusters / max(clusters - 1, 1)) / total
    return np.asarray((sums - shots[:, None] * means) * scale)


def pooled_moments(parts: list[tuple[Moments, IntArray, IntArray]], num_terms: int) -> Moments:
    """Combine estimates from independent bases, each of which read some of the terms.

    Args:
        parts: For each basis its moments [P, t], the positions [t] of its terms, and its shots [P].
        num_terms: How many terms T there are in all.

    Returns:
        Moments of all terms. A term that several bases read has the mean over all of their shots.
    """
    points = parts[0][0].means.shape[0]
    pooled = np.zeros((points, num_terms))
    for _, terms, shots in parts:
        pooled[:, terms] += shots[:, None]
    means = np.zeros((points, num_terms))
    covariance = np.zeros((points, num_terms, num_terms))
    for moments, terms, shots in parts:
        share = shots[:, None] / pooled[:, terms]
        means[:, terms] += share * moments.means
        scaled = moments.covariance * share[:, :, None] * share[:, None, :]
        covariance[np.ix_(np.arange(points), terms, terms)] += scaled
    return Moments(means, covariance)
