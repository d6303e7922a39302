"""Shots of one variant to sums of readings."""

from __future__ import annotations

import numpy as np

from ..masks import TermMasks
from ..outcomes import ShotRows
from ..parities import term_sums
from ..workload import IntArray
from .clusters import ClusterTally


def tally_clusters(shots: ShotRows, masks: TermMasks) -> ClusterTally:
    """Sum the readings of each row's shots.

    Args:
        shots: Shots of one variant in one register, frames undone; their rows are the clusters.
        masks: T Pauli terms over the register's bits.

    Returns:
        The tally of these shots.
    """
    (bits,) = shots.bits.values()
    starts = np.flatnonzero(np.diff(shots.rows, prepend=-1))
    offsets = np.append(starts, shots.rows.size)
    sums = term_sums(bits, shots.counts, offsets, masks)
    shots_of_row = np.add.reduceat(counts_of(shots), starts)
    return ClusterTally(shots.rows[starts], shots_of_row, sums)


def counts_of(shots: ShotRows) -> IntArray:
    """Return how many shots each entry stands for."""
    return np.ones(shots.rows.size, np.int64) if shots.counts is None else shots.counts
