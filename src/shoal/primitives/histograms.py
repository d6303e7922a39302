"""Sums of readings where few outcomes are possible: over the outcomes, not over the shots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .masks import TermMasks
from .observables import FloatArray
from .outcomes import PackedBits
from .workload import IntArray

MAX_BITS = 12
"""Beyond this many bits outcomes are never counted one by one."""

ALWAYS_BITS = 6
"""Up to this many bits they are, however few shots a row has."""

CHUNK_COUNTS = 1 << 16
"""Counters that are held at once: 512 KiB, which stay near the processor."""

THIN_ENTRIES, THIN_COUNTED_ENTRIES = 4, 16
"""So many times fewer entries than outcomes are still worth counting. Reading counted entries one
by one costs a pass for each bit of the counts."""


def relevant_bits(masks: TermMasks) -> int:
    """Return how many of the lower bits of a shot any term looks at."""
    every = np.bitwise_or.reduce(masks.parity | masks.projector, axis=0)
    return int.from_bytes(every.tobytes(), "big").bit_length()


def is_worth_counting(num_bits: int, entries: int, rows: int, *, are_counted: bool) -> bool:
    """Return whether rows do not have many times fewer entries than there are outcomes."""
    thin = THIN_COUNTED_ENTRIES if are_counted else THIN_ENTRIES
    return num_bits <= ALWAYS_BITS or (num_bits <= MAX_BITS and rows << num_bits <= thin * entries)


def outcome_readings(masks: TermMasks, num_bits: int) -> FloatArray:
    """Read every term from every outcome of the lower bits [2**bits, T]."""
    outcomes = np.arange(1 << num_bits, dtype=np.int64)[:, None]
    parity, projector, value = (
        _lower_bits(mask)[None, :] for mask in (masks.parity, masks.projector, masks.value)
    )
    signs = 1 - 2 * (np.bitwise_count(outcomes & parity) & 1).astype(np.float64)
    return np.where((outcomes & projector) == value, signs, 0.0)


def histogram_sums(
    bits: PackedBits,
    counts: IntArray | None,
    row_offsets: IntArray,
    readings: FloatArray,
) -> IntArray:
    """Sum readings over the shots of each row.

    Args:
        bits: Packed shots [N, bytes], sorted by row.
        counts: How many shots each entry [N] stands for; ``None``: one each.
        row_offsets: Where rows begin, and the end of the last one [R + 1].
        readings: Integers, one for each outcome of the lower bits and each sum [2**bits, K].

    Returns:
        Sums [R, K].
    """
    sums = np.empty((row_offsets.size - 1, readings.shape[1]), dtype=np.int64)
    for rows, counted in _histograms(bits, counts, row_offsets, readings.shape[0]):
        # Counts and sums stay far below 2**53: this floating-point product is exact.
        sums[rows] = counted.T.astype(np.float64) @ readings
    return sums


def parity_sums(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, parities: IntArray, width: int
) -> IntArray:
    """Sum ``(-1) ** parity(shot & mask)`` over the shots of each row.

    Args:
        bits: Packed shots [N, bytes], sorted by row.
        counts: How many shots each entry [N] stands for; ``None``: one each.
        row_offsets: Where rows begin, and the end of the last one [R + 1].
        parities: Masks [K] over the lower bits of a shot.
        width: How many these bits are.

    Returns:
        Sums [R, K].
    """
    sums = np.empty((row_offsets.size - 1, parities.size), dtype=np.int64)
    for rows, counted in _histograms(bits, counts, row_offsets, 1 << width):
        sums[rows] = _walsh_transform(counted)[parities].T
    return sums


def masks_of_parities(masks: TermMasks) -> IntArray:
    """Return the parity mask of each term over the lower bits [T]."""
    return _lower_bits(masks.parity)


def _histograms(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, width: int
) -> Iterator[tuple[slice, IntArray]]:
    """Count each row's outcomes [width, rows], some rows at a time."""
    outcomes = _lower_bits(bits)
    outcomes &= width - 1
    for first, last in _row_chunks(row_offsets.size - 1, width):
        entries = slice(int(row_offsets[first]), int(row_offsets[last]))
        height = last - first
        places = outcomes[entries] * height
        places += np.repeat(np.arange(height), np.diff(row_offsets[first : last + 1]))
        weights = None if counts is None else counts[entries]
        # With weights these are floats, of integers far below 2**53.
        counted = np.bincount(places, weights, height * width).astype(np.int64, copy=False)
        yield slice(first, last), counted.reshape(width, height)


def _walsh_transform(counted: IntArray) -> IntArray:
    """Return the sums [width, rows] over outcomes of counts with the sign of each parity."""
    step, width = 1, counted.shape[0]
    while step < width:
        pairs = counted.reshape(-1, 2, step * counted.shape[1])
        turned = np.empty_like(pairs)
        np.add(pairs[:, 0], pairs[:, 1], out=turned[:, 0])
        np.subtract(pairs[:, 0], pairs[:, 1], out=turned[:, 1])
        counted = turned.reshape(counted.shape)
        step *= 2
    return counted


def _row_chunks(rows: int, width: int) -> Iterator[tuple[int, int]]:
    step = max(1, CHUNK_COUNTS // width)
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def _lower_bits(packed: NDArray[np.uint8]) -> IntArray:
    """Return the last two bytes [N, bytes] as integers [N]."""
    outcomes = packed[:, -1].astype(np.int64) if packed.shape[1] else np.zeros(len(packed), int)
    if packed.shape[1] > 1:
        outcomes |= packed[:, -2].astype(np.int64) << 8
    return outcomes
