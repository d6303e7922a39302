"""Shots of one variant to sums of readings, with the frames undone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..masks import TermMasks, pack_bits
from ..outcomes import ShotRows
from ..parities import term_sums
from ..workload import IntArray
from .clusters import ClusterTally


def tally_clusters(
    shots: ShotRows, masks: TermMasks, flips: NDArray[np.bool_] | None
) -> ClusterTally:
    """Sum the readings of each row's shots.

    Args:
        shots: Raw shots of one variant in one register; their rows are the clusters.
        masks: T Pauli terms over the register's bits.
        flips: Which bits each of the program's rows flipped before reading [R, bits].

    Returns:
        The tally of these shots.
    """
    (bits,) = shots.bits.values()
    if flips is not None:
        bits = bits ^ pack_bits(flips)[shots.rows]
    starts = np.flatnonzero(np.diff(shots.rows, prepend=-1))
    offsets = np.append(starts, shots.rows.size)
    sums = term_sums(bits, shots.counts, offsets, masks)
    shots_of_row = np.add.reduceat(counts_of(shots), starts)
    return ClusterTally(shots.rows[starts], shots_of_row, sums)


def counts_of(shots: ShotRows) -> IntArray:
    """Return how many shots each entry stands for."""
    return np.ones(shots.rows.size, np.int64) if shots.counts is None else shots.counts
