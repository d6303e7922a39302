"""Shots of one variant to sums of readings, with the frames undone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..masks import TermMasks, pack_bits
from ..outcomes import PackedBits, ShotRows
from ..workload import IntArray
from .clusters import ClusterTally

CHUNK_ENTRIES = 1 << 17
"""Entries that are read at once: they stay in a core's cache."""


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
    tally = ClusterTally.empty(masks.num_terms)
    frames = None if flips is None else pack_bits(flips)
    for chunk in _chunks(shots):
        rows = shots.rows[chunk]
        bits = _bits(shots)[chunk]
        if frames is not None:
            bits = bits ^ frames[rows]
        counts = np.ones(rows.size, np.int64) if shots.counts is None else shots.counts[chunk]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        sums = np.empty((starts.size, masks.num_terms), dtype=np.int64)
        for term in range(masks.num_terms):
            readings = np.where(_parities(bits, masks.parity[term]), -counts, counts)
            sums[:, term] = np.add.reduceat(readings, starts)
        tally = tally + ClusterTally(rows[starts], np.add.reduceat(counts, starts), sums)
    return tally


def _parities(bits: PackedBits, mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether an odd number of the masked bits is set [N], byte by byte."""
    folded = np.zeros(bits.shape[0], dtype=np.uint8)
    for byte in np.flatnonzero(mask):
        folded ^= bits[:, byte] & mask[byte]
    return (np.bitwise_count(folded) & 1).astype(np.bool_)


def _bits(shots: ShotRows) -> PackedBits:
    (bits,) = shots.bits.values()
    return bits


def _chunks(shots: ShotRows) -> Iterator[slice]:
    for start in range(0, shots.rows.size, CHUNK_ENTRIES):
        yield slice(start, start + CHUNK_ENTRIES)


def counts_of(shots: ShotRows) -> IntArray:
    """Return how many shots each entry stands for."""
    return np.ones(shots.rows.size, np.int64) if shots.counts is None else shots.counts
