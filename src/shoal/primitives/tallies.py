"""Tallies: what is kept of shots for the reduce. Integers that add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .masks import TermMasks
from .outcomes import PackedBits, ShotRows
from .workload import IntArray

MAX_DENSE_BITS = 10
"""Up to this many measured bits a row's shots are counted outcome by outcome."""

CHUNK_ENTRIES = 1 << 16
"""Entries whose signs are held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sufficient statistics of one variant's shots, row by row.

    With ``o`` the reading (-1, 0 or 1) of a term from a shot, the sums and the products of readings
    are all that means and covariances need. Adding two tallies pools their shots; any order and
    any tree of additions gives the same integers.
    """

    rows: IntArray
    """Distinct rows [R], rising."""
    shots: IntArray
    """Shots of each row [R]."""
    sums: IntArray
    """Sum of ``o_t`` over a row's shots [R, T]."""
    products: IntArray
    """Sum of ``o_t * o_u`` over a row's shots [R, T, T]."""

    @classmethod
    def empty(cls, num_terms: int) -> Tally:
        """Return the zero of the addition."""
        none = np.zeros(0, dtype=np.int64)
        return cls(
            none,
            none,
            np.zeros((0, num_terms), dtype=np.int64),
            np.zeros((0, num_terms, num_terms), dtype=np.int64),
        )

    def __add__(self, other: Tally) -> Tally:
        """Pool the shots of two tallies of one variant."""
        rows = np.union1d(self.rows, other.rows)
        shape = (rows.size, self.sums.shape[1])
        pooled = Tally(
            rows,
            np.zeros(rows.size, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            np.zeros((*shape, shape[1]), dtype=np.int64),
        )
        for part in (self, other):
            places = np.searchsorted(rows, part.rows)
            pooled.shots[places] += part.shots
            pooled.sums[places] += part.sums
            pooled.products[places] += part.products
        return pooled


def tally_shots(shots: ShotRows, masks: TermMasks, num_bits: int) -> Tally:
    """Count the readings of terms in a variant's shots.

    Args:
        shots: Shots of one variant in one register, sorted by row.
        masks: The variant's terms over that register's bits.
        num_bits: How many bits a shot has.

    Returns:
        The tally of exactly these shots.
    """
    (bits,) = shots.bits.values()
    starts = np.flatnonzero(np.diff(shots.rows, prepend=-1))
    stops = np.append(starts[1:], shots.rows.size)
    counts = np.ones(shots.rows.size, dtype=np.int64) if shots.counts is None else shots.counts
    if num_bits <= MAX_DENSE_BITS:
        sums, products = _dense(bits, counts, starts, masks, num_bits)
    else:
        sums, products = _row_by_row(bits, counts, starts, stops, masks)
    return Tally(shots.rows[starts], np.add.reduceat(counts, starts), sums, products)


def term_readings(bits: PackedBits, masks: TermMasks) -> NDArray[np.int8]:
    """Read every term from every shot.

    Args:
        bits: Packed shots [N, bytes].
        masks: T terms over them.

    Returns:
        -1, 0 or 1 [N, T].
    """
    shots = bits[:, None, :]
    odd = np.bitwise_count(shots & masks.parity).sum(axis=2, dtype=np.int64) & 1
    readings: NDArray[np.int8] = (1 - 2 * odd).astype(np.int8)
    if masks.projector.any():
        readings *= ((shots & masks.projector) == masks.value).all(axis=2)
    return readings


def _dense(
    bits: PackedBits, counts: IntArray, starts: IntArray, masks: TermMasks, num_bits: int
) -> tuple[IntArray, IntArray]:
    """Histogram each row's outcomes, then read the terms from the outcomes, not from the shots."""
    width = 1 << num_bits
    outcomes = np.zeros(bits.shape[0], dtype=np.int64)
    for byte in range(bits.shape[1]):
        outcomes = (outcomes << 8) | bits[:, byte]
    row_of_entry = np.repeat(np.arange(starts.size), np.diff(np.append(starts, bits.shape[0])))
    histogram = np.bincount(row_of_entry * width + outcomes, counts, starts.size * width)
    histogram = histogram.reshape(starts.size, width)
    # Weights and sums stay far below 2**53, so this floating-point product is exact.
    every = np.arange(width, dtype=">u4").view(np.uint8).reshape(width, 4)[:, 4 - bits.shape[1] :]
    readings = term_readings(every, masks).astype(np.float64)
    pairs = (readings[:, :, None] * readings[:, None, :]).reshape(width, -1)
    shape = (starts.size, masks.num_terms, masks.num_terms)
    sums = (histogram @ readings).astype(np.int64)
    return sums, (histogram @ pairs).astype(np.int64).reshape(shape)


def _row_by_row(
    bits: PackedBits, counts: IntArray, starts: IntArray, stops: IntArray, masks: TermMasks
) -> tuple[IntArray, IntArray]:
    terms = masks.num_terms
    sums = np.zeros((starts.size, terms), dtype=np.int64)
    products = np.zeros((starts.size, terms, terms), dtype=np.int64)
    for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        for first in range(start, stop, CHUNK_ENTRIES):
            chunk = slice(first, min(first + CHUNK_ENTRIES, stop))
            readings = term_readings(bits[chunk], masks).astype(np.float64)
            weighted = readings * counts[chunk, None]
            sums[row] += weighted.sum(axis=0).astype(np.int64)
            products[row] += (readings.T @ weighted).astype(np.int64)
    return sums, products
