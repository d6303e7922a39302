"""The local inverse of readout errors, for expectation values.

Each letter of a term reads from a bit a value whose mean, over readout errors, is the letter's true
value; independent errors let the values of a term's letters be multiplied. Unbiased at any support.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..observables import FloatArray, TermLabel
from ..outcomes import PackedBits
from ..workload import IntArray
from .calibration import ReadoutCalibration

CHUNK_BYTES = 1 << 25
"""Readings that are held at once."""

_OFFSET_AND_SLOPE = {"I": (1.0, 0.0)} | {
    letter: values
    for letters, values in (("XYZ", (0.0, 1.0)), ("0+r", (0.5, 0.5)), ("1-l", (0.5, -0.5)))
    for letter in letters
}
"""A letter reads ``offset + slope * z`` from a bit whose ``Z`` is ``z``."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalInverse:
    """Mitigated means of T terms over one set of shots."""

    means: FloatArray
    """[T]."""
    covariance: FloatArray
    """From the shots [T, T]."""
    slopes: FloatArray
    """Derivative of each mean by P(1|0) and then by P(0|1) of each bit [T, 2 n]."""
    rate_variances: FloatArray
    """Variances of these rates [2 n]; shared by all estimates that used this calibration."""

    @property
    def calibration_covariance(self) -> FloatArray:
        """The part of the covariance that the finite calibration adds [T, T]."""
        return np.asarray(np.einsum("tg,ug->tu", self.slopes * self.rate_variances, self.slopes))


def local_inverse(
    strings: PackedBits,
    counts: IntArray,
    terms: Sequence[TermLabel],
    qubits: Sequence[int],
    calibration: ReadoutCalibration,
) -> LocalInverse:
    """Estimate terms from shots whose readout errors are known.

    Args:
        strings: Distinct strings of n packed bits [N, bytes].
        counts: Shots of each [N].
        terms: Labels that these bits can tell.
        qubits: The qubit of each bit [n].
        calibration: Of the same n bits.

    Returns:
        Means, and both parts of their covariance.
    """
    parts = _Strings(strings, counts, terms, qubits, calibration)
    shots = counts.sum()
    means = parts.sum_of(lambda part: np.einsum("nt,n->t", part.values, part.counts / shots))
    # Plain einsum: the last bits of a BLAS product depend on its threads.
    spread = parts.sum_of(lambda part: part.spread(means, shots))
    slopes = parts.sum_of(lambda part: part.rate_slopes(shots))
    return LocalInverse(
        means,
        spread / max(shots - 1, 1),
        slopes,
        np.concatenate(calibration.error_variances()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What some of the strings are worth."""

    counts: IntArray
    values: FloatArray
    """Of each term [N, T]."""
    readings: FloatArray
    """Of each letter [n, N, T]."""
    slopes: FloatArray
    """Of each letter [n, T]."""
    changes: tuple[FloatArray, FloatArray]
    """Derivatives of what a bit is worth by P(1|0) and by P(0|1) of it [N, n]."""

    def spread(self, means: FloatArray, shots: int) -> FloatArray:
        apart = self.values - means
        return np.asarray(np.einsum("nt,nu->tu", apart * (self.counts / shots)[:, None], apart))

    def rate_slopes(self, shots: int) -> FloatArray:
        weights = self.counts / shots
        found = [
            _gradient(self.values, self.readings, self.slopes, weights, change)
            for change in self.changes
        ]
        return np.concatenate(found, axis=1)


class _Strings:
    """Distinct strings, as many at a time as memory allows: how many, the terms say alone."""

    def __init__(
        self,
        strings: PackedBits,
        counts: IntArray,
        terms: Sequence[TermLabel],
        qubits: Sequence[int],
        calibration: ReadoutCalibration,
    ) -> None:
        self._strings, self._counts, self._asked = strings, counts, (terms, qubits)
        self._errors = calibration.errors()
        self._step = max(1, CHUNK_BYTES // (8 * max(len(terms) * len(qubits), 1)))

    def sum_of(self, of: Callable[[_Part], FloatArray]) -> FloatArray:
        found = [of(self._part(first)) for first in range(0, len(self._counts), self._step)]
        total = found[0]
        for one in found[1:]:
            total = total + one
        return total

    def _part(self, first: int) -> _Part:
        chosen = slice(first, first + self._step)
        p, q = self._errors.one_given_zero, self._errors.zero_given_one
        contrast = self._errors.contrast
        bits = np.unpackbits(self._strings[chosen], axis=1)[:, ::-1][:, : len(contrast)]
        undone = (1.0 - 2.0 * bits - (q - p)) / contrast
        readings, slopes = _letters(*self._asked, undone)
        changes = (1.0 + undone) / contrast, (undone - 1.0) / contrast
        return _Part(self._counts[chosen], readings.prod(axis=0), readings, slopes, changes)


def _letters(
    terms: Sequence[TermLabel], qubits: Sequence[int], undone: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what each letter reads from each string [n, N, T], and its slope in ``z`` [n, T]."""
    width = len(terms[0])
    table = np.array(
        [[_OFFSET_AND_SLOPE[term[width - 1 - qubit]] for term in terms] for qubit in qubits]
    ).reshape(len(qubits), len(terms), 2)
    offsets, slopes = table[..., 0], table[..., 1]
    return offsets[:, None] + slopes[:, None] * undone.T[:, :, None], slopes


def _gradient(
    values: FloatArray,
    readings: FloatArray,
    slopes: FloatArray,
    weights: FloatArray,
    change: FloatArray,
) -> FloatArray:
    """Return how the means change with one error rate of each bit [T, n]."""
    found = np.zeros((values.shape[1], readings.shape[0]))
    for bit in range(readings.shape[0]):
        for term in np.flatnonzero(slopes[bit]):
            others = np.delete(readings[:, :, term], bit, axis=0).prod(axis=0)
            found[term, bit] = slopes[bit, term] * (weights * others * change[:, bit]).sum()
    return found
