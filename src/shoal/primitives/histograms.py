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

CHUNK_COUNTS = 1 << 20
"""Counters that are held at once: 8 MiB."""


def relevant_bits(masks: TermMasks) -> int:
    """Return how many of the lower bits of a shot any term looks at."""
    every = np.bitwise_or.reduce(masks.parity | masks.projector, axis=0)
    return int.from_bytes(every.tobytes(), "big").bit_length()


def is_worth_counting(num_bits: int, entries: int, rows: int) -> bool:
    """Return whether rows have at least as many entries as there are outcomes."""
    return num_bits <= ALWAYS_BITS or (num_bits <= MAX_BITS and rows << num_bits <= entries)


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
    outcomes = _lower_bits(bits) & (readings.shape[0] - 1)
    for first, last in _row_chunks(row_offsets.size - 1, readings.shape[0]):
        entries = slice(int(row_offsets[first]), int(row_offsets[last]))
        rows = np.repeat(np.arange(last - first), np.diff(row_offsets[first : last + 1]))
        counted = np.bincount(
            rows * readings.shape[0] + outcomes[entries],
            None if counts is None else counts[entries],
            (last - first) * readings.shape[0],
        )
        # Counts and sums stay far below 2**53: this floating-point product is exact.
        histogram = counted.astype(np.float64, copy=False).reshape(last - first, -1)
        sums[first:last] = histogram @ readings
    return sums


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
