"""The local inverse of many different strings: sums that add, as few as if there were one string.

Once the error rates are known a shot is worth a number for each term. Each is rounded to a fixed
point, so that sums are integers: any order and any tree of additions give the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..observables import FloatArray, TermLabel
from ..outcomes import PackedBits
from ..workload import IntArray
from .calibration import ReadoutCalibration
from .readout import LocalInverse

CHUNK_SHOTS = 1 << 16
"""Entries that are summed at a time."""

MAX_POINT_BITS, SUM_BITS = 17, 62
"""Bits of a shot's worth at the most, and of a sum of products of two of them."""

EXACT_SHOTS = 1 << 18
"""So many shots' products are summed in doubles without any rounding: 18 + 2 * 17 bits are 52."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalSums:
    """What the shots of some rows are worth, in units of each term's fixed point."""

    rows: IntArray
    """[R], rising."""
    shots: IntArray
    """[R]."""
    values: IntArray
    """Sums over shots [R, T]."""
    products: IntArray
    """Sums of products of two terms [R, T, T]."""
    marked: IntArray
    """Sums over the shots in which a bit was 1 [R, T, n]."""

    def __add__(self, other: LocalSums) -> LocalSums:
        """Pool shots: any order and any tree give the same sums."""
        rows = np.union1d(self.rows, other.rows)
        return LocalSums(
            rows,
            *(
                _placed(rows, (self.rows, mine), (other.rows, theirs))
                for mine, theirs in zip(self._sums, other._sums, strict=True)
            ),
        )

    @property
    def _sums(self) -> tuple[IntArray, ...]:
        return self.shots, self.values, self.products, self.marked


def _placed(rows: IntArray, *parts: tuple[IntArray, IntArray]) -> IntArray:
    found = np.zeros((rows.size, *parts[0][1].shape[1:]), dtype=np.int64)
    for where, sums in parts:
        found[np.searchsorted(rows, where)] += sums
    return found


class LocalWorth:
    """What shots of one variant are worth, by what a calibration says."""

    def __init__(
        self,
        terms: Sequence[TermLabel],
        qubits: Sequence[int],
        calibration: ReadoutCalibration,
        shots: int,
    ) -> None:
        """Prepare for shots.

        Args:
            terms: T labels of Paulis that the bits can tell.
            qubits: The qubit of each bit [n].
            calibration: Of the same n bits.
            shots: Of a row, at the most.
        """
        width = len(terms[0])
        self._supports = [
            [bit for bit, qubit in enumerate(qubits) if term[width - 1 - qubit] != "I"]
            for term in terms
        ]
        self._calibration, errors = calibration, calibration.errors()
        shift = errors.zero_given_one - errors.one_given_zero
        self._contrast = errors.contrast
        self._read = np.array([1.0 - shift, -1.0 - shift]) / errors.contrast
        """What a bit is worth that was read as 0, and as 1 [2, n]."""
        most = np.abs(self._read).max(axis=0)
        bits = min(MAX_POINT_BITS, (SUM_BITS - shots.bit_length()) // 2)
        self._units = np.array([most[one].prod() for one in self._supports]) / (1 << bits)

    def sums(self, rows: IntArray, strings: PackedBits, counts: IntArray) -> LocalSums:
        """Sum shots up, a bounded number at a time.

        Args:
            rows: The row of each entry [N], rising.
            strings: Packed bits [N, bytes].
            counts: Shots of each entry [N].
        """
        different = np.unique(rows)
        terms, bits = len(self._supports), self._read.shape[1]
        found = LocalSums(
            different,
            *(
                np.zeros((different.size, *shape), dtype=np.int64)
                for shape in ((), (terms,), (terms, terms), (terms, bits))
            ),
        )
        edges = np.searchsorted(rows, [different, different + 1])
        for place, (first, last) in enumerate(edges.T.tolist()):
            for start in range(first, last, CHUNK_SHOTS):
                chosen = slice(start, min(start + CHUNK_SHOTS, last))
                self._add(found, place, strings[chosen], counts[chosen])
        return found

    def _add(self, found: LocalSums, place: int, strings: PackedBits, counts: IntArray) -> None:
        bits = np.unpackbits(strings, axis=1)[:, ::-1][:, : self._read.shape[1]]
        values = self._values(bits.astype(np.bool_))
        # In parts of so many shots that every sum of doubles is exact, in whatever order.
        for chosen, weights in _exact_parts(counts):
            weighted = values[chosen] * weights[:, None]
            found.values[place] += weighted.sum(axis=0).astype(np.int64)
            found.products[place] += (weighted.T @ values[chosen]).astype(np.int64)
            found.marked[place] += (weighted.T @ bits[chosen].astype(np.float64)).astype(np.int64)
        found.shots[place] += counts.sum()

    def _values(self, bits: NDArray[np.bool_]) -> FloatArray:
        """Return what strings [N, n] are worth, in whole units [N, T]."""
        read = np.where(bits.T, self._read[1][:, None], self._read[0][:, None])
        found = np.ones((len(self._supports), len(bits)))
        for value, support in zip(found, self._supports, strict=True):
            for bit in support:
                value *= read[bit]
        return np.ascontiguousarray(np.rint(found.T / self._units))

    def estimate(self, sums: LocalSums, place: int) -> LocalInverse:
        """Return the mitigated means of the row at a place of the sums."""
        shots = int(sums.shots[place])
        means = sums.values[place] * self._units / shots
        squares = sums.products[place] * (self._units[:, None] * self._units) / shots
        spread = squares - means[:, None] * means
        return LocalInverse(
            means,
            spread / max(shots - 1, 1),
            self._slopes(sums, place, shots),
            np.concatenate(self._calibration.error_variances()),
        )

    def _slopes(self, sums: LocalSums, place: int, shots: int) -> FloatArray:
        """Return the derivatives of the means by P(1|0) and then by P(0|1) of each bit [T, 2 n].

        A bit that is worth ``w`` is worth ``(1 + w) / c`` and ``(w - 1) / c`` more for each.
        """
        means = sums.values[place] * self._units / shots
        ones = sums.marked[place] * self._units[:, None] / shots
        others = (means[:, None] - ones) / self._read[0] + ones / self._read[1]
        acts = np.zeros(others.shape, dtype=np.bool_)
        for term, support in enumerate(self._supports):
            acts[term, support] = True
        both = others + means[:, None], means[:, None] - others
        return np.concatenate([np.where(acts, one / self._contrast, 0.0) for one in both], axis=1)


def _exact_parts(counts: IntArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Cut counts [N] into parts of at most `EXACT_SHOTS` shots: entries, and how often each is."""
    left, entries = counts.copy(), np.flatnonzero(counts)
    while entries.size:
        taken = np.minimum(left[entries], EXACT_SHOTS // entries.size)
        yield entries, taken.astype(np.float64)
        left[entries] -= taken
        entries = entries[left[entries] > 0]
