"""Exact states of several rows, and what can be read from them: terms, outcomes in any basis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.workload import IntArray

ComplexArray = NDArray[np.complexfloating]

_R = np.sqrt(0.5)
LETTER_MATRICES: dict[str, NDArray[np.complex128]] = {
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
    "0": np.array([[1, 0], [0, 0]], dtype=complex),
    "1": np.array([[0, 0], [0, 1]], dtype=complex),
    "+": np.array([[0.5, 0.5], [0.5, 0.5]], dtype=complex),
    "-": np.array([[0.5, -0.5], [-0.5, 0.5]], dtype=complex),
    "r": np.array([[0.5, -0.5j], [0.5j, 0.5]], dtype=complex),
    "l": np.array([[0.5, 0.5j], [-0.5j, 0.5]], dtype=complex),
}
BASIS_MATRICES: dict[str, NDArray[np.complex128]] = {
    "X": np.array([[_R, _R], [_R, -_R]], dtype=complex),
    "Y": np.array([[_R, -1j * _R], [_R, 1j * _R]], dtype=complex),
}
"""What turns the outcomes of a basis into those of Z."""


class ExactStates(Protocol):
    """The states of R rows of a program."""

    def rows(self, chosen: IntArray) -> ExactStates:
        """Return some of the rows."""
        ...

    def values(self, terms: Sequence[TermLabel]) -> FloatArray:
        """Return the expectation values [R, T] of terms."""
        ...

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        ...


class PureStates:
    """Statevectors [R, 2**n]."""

    def __init__(self, amplitudes: ComplexArray) -> None:
        self._amplitudes = amplitudes
        self._width = amplitudes.shape[1].bit_length() - 1

    def rows(self, chosen: IntArray) -> PureStates:
        """Return some of the rows."""
        if chosen.size == self._amplitudes.shape[0]:
            return self
        return PureStates(self._amplitudes[chosen])

    def values(self, terms: Sequence[TermLabel]) -> FloatArray:
        """Return the expectation values [R, T] of terms."""
        found = np.empty((self._amplitudes.shape[0], len(terms)))
        for position, term in enumerate(terms):
            turned = self._amplitudes
            for qubit, letter in _letters(term):
                turned = _apply(turned, LETTER_MATRICES[letter], qubit)
            found[:, position] = np.einsum("ra,ra->r", self._amplitudes.conj(), turned).real
        return found

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        turned = self._amplitudes
        for qubit, letter in _letters(basis):
            if letter != "Z":
                turned = _apply(turned, BASIS_MATRICES[letter], qubit)
        return marginals(turned.real**2 + turned.imag**2, measured_qubits(basis))


class MixedStates:
    """Density matrices [R, 2**n, 2**n]."""

    def __init__(self, matrices: ComplexArray) -> None:
        rows, dimension, _ = matrices.shape
        self._width = dimension.bit_length() - 1
        self._matrices = matrices.reshape(rows, dimension * dimension)

    def rows(self, chosen: IntArray) -> MixedStates:
        """Return some of the rows."""
        dimension = 1 << self._width
        if chosen.size == self._matrices.shape[0]:
            return self
        return MixedStates(self._matrices[chosen].reshape(-1, dimension, dimension))

    def values(self, terms: Sequence[TermLabel]) -> FloatArray:
        """Return the expectation values [R, T] of terms."""
        found = np.empty((self._matrices.shape[0], len(terms)))
        for position, term in enumerate(terms):
            turned = self._matrices
            for qubit, letter in _letters(term):
                turned = _apply(turned, LETTER_MATRICES[letter], qubit + self._width)
            found[:, position] = self._diagonals(turned).sum(axis=1)
        return found

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        turned = self._matrices
        for qubit, letter in _letters(basis):
            if letter != "Z":
                turned = _apply(turned, BASIS_MATRICES[letter], qubit + self._width)
                turned = _apply(turned, BASIS_MATRICES[letter].conj(), qubit)
        return marginals(self._diagonals(turned), measured_qubits(basis))

    def _diagonals(self, flat: ComplexArray) -> FloatArray:
        return np.ascontiguousarray(flat[:, :: (1 << self._width) + 1].real)


def marginals(probabilities: FloatArray, qubits: Sequence[int]) -> FloatArray:
    """Sum probabilities [R, 2**n] over all qubits but some; outcome bit k is ``qubits[k]``."""
    rows, dimension = probabilities.shape
    width = dimension.bit_length() - 1
    grid = probabilities.reshape((rows,) + (2,) * width)
    others = tuple(width - qubit for qubit in range(width) if qubit not in set(qubits))
    summed: FloatArray = grid.sum(axis=others)
    return summed.reshape(rows, 1 << len(qubits))


def _letters(label: str) -> Iterator[tuple[int, str]]:
    for position, letter in enumerate(reversed(label)):
        if letter != "I":
            yield position, letter


def _apply(states: ComplexArray, matrix: NDArray[np.complex128], axis: int) -> ComplexArray:
    """Apply a matrix to bit ``axis`` of states [R, 2**k]."""
    grid = states.reshape(states.shape[0], -1, 2, 1 << axis)
    turned = np.empty_like(grid)
    turned[:, :, 0] = matrix[0, 0] * grid[:, :, 0] + matrix[0, 1] * grid[:, :, 1]
    turned[:, :, 1] = matrix[1, 0] * grid[:, :, 0] + matrix[1, 1] * grid[:, :, 1]
    return turned.reshape(states.shape)
