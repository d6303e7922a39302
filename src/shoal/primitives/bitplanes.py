"""Packed shots, transposed: one plane of words for each bit, 64 shots a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .outcomes import PackedBits
from .workload import IntArray

Words = NDArray[np.uint64]

SHOTS_PER_WORD = 64

# Each step exchanges the corners of blocks twice as large: distance, and the corners that move.
_TRANSPOSING_STEPS = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class BitPlanes:
    """The shots of several rows; every row begins at a word of its own."""

    planes: Words
    """One a bit [8 * bytes, words]: bit ``8 * b + k`` is bit k of byte b."""
    present: Words
    """Which entries are shots, not padding [words]."""
    weights: Words | None
    """The counts of the entries, bit by bit, the lowest first [bits, words]; ``None``: one each."""
    starts: IntArray
    """The first word of each row [R]; no row is empty."""


def bit_planes(bits: PackedBits, counts: IntArray | None, lengths: IntArray) -> BitPlanes:
    """Transpose packed shots.

    Args:
        bits: Entries [N, bytes], sorted by row.
        counts: How many shots each entry [N] stands for; ``None``: one each.
        lengths: How many entries each row has [R], at least one.

    Returns:
        The planes.
    """
    words = -(-lengths // SHOTS_PER_WORD)
    ends = np.cumsum(words)
    starts = ends - words
    size = SHOTS_PER_WORD * int(ends[-1])
    places = None
    if (lengths[:-1] % SHOTS_PER_WORD).any():
        gaps = SHOTS_PER_WORD * starts - (np.cumsum(lengths) - lengths)
        places = np.arange(len(bits)) + np.repeat(gaps, lengths)
    ones = np.ones((len(bits), 1), dtype=np.uint8)
    return BitPlanes(
        planes=transposed(_padded(bits, size, places)),
        present=transposed(_padded(ones, size, places))[0],
        weights=None if counts is None else transposed(_padded(_as_bytes(counts), size, places)),
        starts=starts,
    )


def transposed(entries: NDArray[np.uint8]) -> Words:
    """Transpose bytes [64 * W, B] to planes [8 * B, W]; what stands where in a word is the same."""
    size, num_bytes = entries.shape
    planes = np.empty((num_bytes, 8, size // 8), dtype=np.uint8)
    moved = np.empty(size // 8, dtype=np.uint64)
    for byte in range(num_bytes):
        words = np.ascontiguousarray(entries[:, byte]).view("<u8").astype(np.uint64, copy=False)
        for distance, corners in _TRANSPOSING_STEPS:
            np.right_shift(words, distance, out=moved)
            np.bitwise_xor(moved, words, out=moved)
            np.bitwise_and(moved, corners, out=moved)
            words = words ^ moved
            np.left_shift(moved, distance, out=moved)
            np.bitwise_xor(words, moved, out=words)
        planes[byte] = words.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8).T
    return planes.reshape(8 * num_bytes, -1).view(np.uint64)


def _as_bytes(counts: IntArray) -> NDArray[np.uint8]:
    """Return as many of the lower bytes [N, bytes] as the largest count has."""
    num_bytes = -(-int(counts.max()).bit_length() // 8)
    return counts.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :num_bytes]


def _padded(entries: NDArray[np.uint8], size: int, places: IntArray | None) -> NDArray[np.uint8]:
    if places is None and len(entries) == size:
        return entries
    padded = np.zeros((size, entries.shape[1]), dtype=np.uint8)
    padded[slice(len(entries)) if places is None else places] = entries
    return padded
