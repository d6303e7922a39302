"""Tallies by cluster: integers per randomization, and the bucketed jackknife over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..observables import FloatArray
from ..workload import IntArray

JACKKNIFE_BUCKETS = 64
"""Groups of clusters that are left out in turn."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusterTally:
    """Shots and sums of readings of each cluster of one variant. Integers that add."""

    clusters: IntArray
    """Distinct cluster numbers [C], rising."""
    shots: IntArray
    """Shots of each cluster [C]."""
    sums: IntArray
    """Sums of the readings [C, T]."""

    @classmethod
    def empty(cls, num_terms: int) -> ClusterTally:
        """Return the zero of the addition."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, np.zeros((0, num_terms), dtype=np.int64))

    def __add__(self, other: ClusterTally) -> ClusterTally:
        """Pool two tallies, cluster by cluster: any order and any tree give the same integers."""
        clusters = np.union1d(self.clusters, other.clusters)
        shots = np.zeros(clusters.size, dtype=np.int64)
        sums = np.zeros((clusters.size, self.sums.shape[1]), dtype=np.int64)
        for part in (self, other):
            places = np.searchsorted(clusters, part.clusters)
            shots[places] += part.shots
            sums[places] += part.sums
        return ClusterTally(clusters, shots, sums)

    def signed(self, signs: IntArray) -> ClusterTally:
        """Multiply each cluster's sums by its sign [C], as PEC does."""
        return ClusterTally(self.clusters, self.shots, self.sums * signs[:, None])


def pseudo_clusters(shots: int, wanted: int) -> IntArray:
    """Cut shots that share no randomization into clusters of consecutive shots.

    Args:
        shots: How many shots there are.
        wanted: How many clusters are wanted.

    Returns:
        The cluster of each shot [shots]: sizes differ by one at the most.
    """
    return np.arange(shots, dtype=np.int64) * min(wanted, shots) // max(shots, 1)


def jackknife(
    tally: ClusterTally,
    finish: Callable[[FloatArray], FloatArray],
    buckets: int = JACKKNIFE_BUCKETS,
) -> tuple[FloatArray, FloatArray]:
    """Estimate any function of the terms' means, and its variance, without a derivative.

    Clusters are left out bucket by bucket; so the spread of a whole procedure is seen, a choice
    between models included, where the delta method sees only the branch that was taken.

    Args:
        tally: At least two clusters.
        finish: From means [T] to values [K].
        buckets: How many groups of clusters are left out in turn.

    Returns:
        Values and variances [K].
    """
    count = min(buckets, tally.clusters.size)
    bucket = np.arange(tally.clusters.size) * count // tally.clusters.size
    shots = np.bincount(bucket, tally.shots, count)
    sums = np.zeros((count, tally.sums.shape[1]))
    np.add.at(sums, bucket, tally.sums)
    without = [
        finish((sums.sum(axis=0) - sums[b]) / (shots.sum() - shots[b])) for b in range(count)
    ]
    spread = np.stack(without) - np.mean(without, axis=0)
    return finish(sums.sum(axis=0) / shots.sum()), (count - 1) / count * (spread**2).sum(axis=0)
