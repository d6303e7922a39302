"""Sums of term readings over shots, on transposed bits: 64 shots a word.

A term reads ``(-1) ** parity(shot & parity mask)`` from a shot whose projected bits have the right
value, and 0 from any other: see ``masks``. All sums are exact integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bitplanes import BitPlanes, Words, bit_planes
from .histograms import (
    histogram_sums,
    is_worth_counting,
    masks_of_parities,
    outcome_readings,
    parity_sums,
    relevant_bits,
)
from .masks import TermMasks
from .outcomes import PackedBits
from .workload import IntArray

CHUNK_ENTRIES = 1 << 18
"""Entries that are transposed at once: 32 KiB a bit, so that all bits stay in cache."""


def term_sums(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, masks: TermMasks
) -> IntArray:
    """Sum the readings of each term over the shots of each row.

    Args:
        bits: Packed shots [N, bytes], sorted by row.
        counts: How many shots each entry [N] stands for; ``None``: one each.
        row_offsets: Where rows begin, and the end of the last one [R + 1].
        masks: T terms.

    Returns:
        Sums [R, T].
    """
    if (width := _counted_width(bits, counts, row_offsets, masks)) is not None:
        if not masks.projector.any():
            return parity_sums(bits, counts, row_offsets, masks_of_parities(masks), width)
        return histogram_sums(bits, counts, row_offsets, outcome_readings(masks, width))
    sums = np.zeros((row_offsets.size - 1, masks.num_terms), dtype=np.int64)
    for rows, readings in _chunks(bits, counts, row_offsets, masks):
        for term in range(masks.num_terms):
            sums[rows, term] += readings.sum_of(readings.signs[term], readings.valid[term])
    return sums


def product_sums(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, masks: TermMasks
) -> IntArray:
    """Sum the products of the readings of each pair of terms over the shots of each row.

    Args:
        bits: Packed shots [N, bytes], sorted by row.
        counts: How many shots each entry [N] stands for; ``None``: one each.
        row_offsets: Where rows begin, and the end of the last one [R + 1].
        masks: T terms.

    Returns:
        Sums [R, T, T].
    """
    terms = masks.num_terms
    upper = np.triu_indices(terms)
    sums = np.zeros((row_offsets.size - 1, terms, terms), dtype=np.int64)
    if (width := _counted_width(bits, counts, row_offsets, masks)) is not None:
        if masks.projector.any():
            single = outcome_readings(masks, width)
            pairs = single[:, upper[0]] * single[:, upper[1]]
            found = histogram_sums(bits, counts, row_offsets, pairs)
        else:
            parity = masks_of_parities(masks)
            products = parity[upper[0]] ^ parity[upper[1]]
            found = parity_sums(bits, counts, row_offsets, products, width)
        sums[:, upper[0], upper[1]] = sums[:, upper[1], upper[0]] = found
        return sums
    for rows, readings in _chunks(bits, counts, row_offsets, masks):
        for one, other in zip(*upper, strict=True):
            signs = readings.signs[one] ^ readings.signs[other]
            valid = _both(readings.valid[one], readings.valid[other])
            sums[rows, one, other] += readings.sum_of(signs, valid)
    sums[:, upper[1], upper[0]] = sums[:, upper[0], upper[1]]
    return sums


def _counted_width(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, masks: TermMasks
) -> int | None:
    """Return the width of the outcomes that are worth counting one by one, if they are."""
    width, rows = relevant_bits(masks), row_offsets.size - 1
    is_worth_it = is_worth_counting(width, len(bits), rows, are_counted=counts is not None)
    return width if is_worth_it else None


@dataclass(frozen=True, slots=True, eq=False)
class _Readings:
    """The readings of all terms from the shots of a chunk."""

    planes: BitPlanes
    signs: list[Words]
    """For each term 1 where it reads -1."""
    valid: list[Words | None]
    """For each term 1 where it does not read 0; ``None``: everywhere."""
    shots: IntArray
    """Shots of each row [R]."""

    def sum_of(self, signs: Words, valid: Words | None) -> IntArray:
        """Sum over the shots of each row [R]."""
        if valid is None:
            return self.shots - 2 * _popcounts(self.planes, signs)
        return _popcounts(self.planes, valid) - 2 * _popcounts(self.planes, signs & valid)


def _chunks(
    bits: PackedBits, counts: IntArray | None, row_offsets: IntArray, masks: TermMasks
) -> Iterator[tuple[NDArray[np.intp], _Readings]]:
    """Read the terms from as many entries at a time as fit the cache, row boundaries kept."""
    filled = np.flatnonzero(np.diff(row_offsets))
    edges = np.append(row_offsets[filled], row_offsets[-1])
    parity, projector, value = (
        np.unpackbits(mask, axis=1, bitorder="little").astype(np.bool_)
        for mask in (masks.parity, masks.projector, masks.value)
    )
    for start in range(int(edges[0]), int(edges[-1]), CHUNK_ENTRIES):
        stop = min(start + CHUNK_ENTRIES, int(edges[-1]))
        first = int(np.searchsorted(edges, start, side="right")) - 1
        last = int(np.searchsorted(edges, stop, side="left"))
        lengths = np.diff(np.clip(edges[first : last + 1], start, stop))
        weights = None if counts is None else counts[start:stop]
        planes = bit_planes(bits[start:stop], weights, lengths)
        shots = (
            lengths if weights is None else np.add.reduceat(weights, np.cumsum(lengths) - lengths)
        )
        yield (
            filled[first:last],
            _Readings(
                planes,
                [_parity(planes, bits_of) for bits_of in parity],
                [_matches(planes, *pair) for pair in zip(projector, value, strict=True)],
                shots,
            ),
        )


def _parity(planes: BitPlanes, members: NDArray[np.bool_]) -> Words:
    total = np.zeros(planes.planes.shape[1], dtype=np.uint64)
    for bit in np.flatnonzero(members):
        np.bitwise_xor(total, planes.planes[bit], out=total)
    return total


def _matches(
    planes: BitPlanes, members: NDArray[np.bool_], values: NDArray[np.bool_]
) -> Words | None:
    if not members.any():
        return None
    matching = planes.present
    for bit in np.flatnonzero(members):
        matching = matching & (planes.planes[bit] if values[bit] else ~planes.planes[bit])
    return matching


def _both(one: Words | None, other: Words | None) -> Words | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _popcounts(planes: BitPlanes, words: Words) -> IntArray:
    """Count the shots of each row at which a bit is set [R]."""
    if planes.weights is None:
        return _sums(planes, np.bitwise_count(words))
    total = np.zeros(planes.starts.size, dtype=np.int64)
    for place, weights in enumerate(planes.weights):
        total += _sums(planes, np.bitwise_count(words & weights)) << place
    return total


def _sums(planes: BitPlanes, ones: NDArray[np.uint8]) -> IntArray:
    if planes.starts.size == 1:
        return np.array([ones.sum(dtype=np.int64)])
    sums: IntArray = np.add.reduceat(ones, planes.starts, dtype=np.int64)
    return sums
