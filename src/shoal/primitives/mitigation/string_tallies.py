"""How often each string was read, row by row: integers that add, as few as there are strings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..outcomes import PackedBits, ShotRows
from ..workload import IntArray
from .readings import counts_of

ADDED_ENTRIES = 1 << 20
"""Entries of shots that are merged at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class StringTally:
    """Distinct strings of each row, and the shots of each."""

    rows: IntArray
    """The row of each entry [N], rising."""
    strings: PackedBits
    """The string of each entry [N, bytes], rising within a row."""
    counts: IntArray
    """The shots of each entry [N]."""

    def __add__(self, other: StringTally) -> StringTally:
        """Pool the shots of two tallies: any order and any tree give the same entries."""
        return merged_strings(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.strings, other.strings]),
            np.concatenate([self.counts, other.counts]),
        )

    def of_row(self, row: int) -> tuple[PackedBits, IntArray]:
        """Return one row's strings [n, bytes], and the shots of each [n]."""
        first, last = np.searchsorted(self.rows, [row, row + 1])
        return self.strings[first:last], self.counts[first:last]


def merged_strings(rows: IntArray, strings: PackedBits, counts: IntArray) -> StringTally:
    """Merge repeated strings of the same row.

    Args:
        rows: [N].
        strings: [N, bytes].
        counts: Shots of each entry [N].
    """
    order = _order(rows, strings)
    rows, strings = rows[order], strings[order]
    is_new = np.ones(rows.size, dtype=np.bool_)
    is_new[1:] = (rows[1:] != rows[:-1]) | (strings[1:] != strings[:-1]).any(axis=1)
    first = np.flatnonzero(is_new)
    totals = np.add.reduceat(counts[order], first) if first.size else counts[:0]
    return StringTally(rows[first], strings[first], totals)


def _order(rows: IntArray, strings: PackedBits) -> IntArray:
    """Sort by row, then by string: as numbers of 64 bits, the highest bytes last in a row."""
    width = strings.shape[1]
    words = -(-width // 8)
    padded = np.pad(strings, ((0, 0), (8 * words - width, 0)))
    numbers = padded.view(">u8").astype(np.uint64)
    return np.lexsort((*numbers.T[::-1], rows))


def strings_of(shots: ShotRows) -> StringTally:
    """Count the strings of some shots in one register, a bounded number of entries at a time."""
    (bits,) = shots.bits.values()
    counted, counts = CountedStrings(), counts_of(shots)
    for first in range(0, shots.rows.size, ADDED_ENTRIES):
        part = slice(first, first + ADDED_ENTRIES)
        counted.add(merged_strings(shots.rows[part], bits[part], counts[part]))
    empty = StringTally(shots.rows[:0], bits[:0], counts[:0])
    return next(iter(counted.parts()), empty)


class CountedStrings:
    """Adds tallies up as they come: no more is held than a few times the distinct strings."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._parts: list[StringTally] = []

    def add(self, part: StringTally) -> None:
        """Add some shots; each is merged a logarithmic number of times."""
        self._parts.append(part)
        while len(self._parts) > 1 and self._parts[-2].rows.size <= 2 * self._parts[-1].rows.size:
            last = self._parts.pop()
            self._parts[-1] += last

    def parts(self) -> list[StringTally]:
        """Return all that was added so far, as one part at the most."""
        while len(self._parts) > 1:
            last = self._parts.pop()
            self._parts[-1] += last
        return list(self._parts)
