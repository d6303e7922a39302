"""Exact states of several rows: the distribution of the outcomes of any basis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import FloatArray
from ...primitives.workload import IntArray
from .crew import Crew
from .state_kernels import squares, turn_qubit

ComplexArray = NDArray[np.complexfloating]

CHUNK_BITS = 16
"""Amplitudes that a thread takes at a time; fixed, since sums are grouped by it."""


class ExactStates(Protocol):
    """The states of R rows of a program."""

    def rows(self, chosen: IntArray) -> ExactStates:
        """Return some of the rows."""
        ...

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        ...


class PureStates:
    """Statevectors [R, 2**n]."""

    def __init__(self, amplitudes: ComplexArray, crew: Crew) -> None:
        """Hold amplitudes; they are never changed."""
        self._amplitudes = amplitudes
        self._crew = crew

    def rows(self, chosen: IntArray) -> PureStates:
        """Return some of the rows."""
        if chosen.size == self._amplitudes.shape[0]:
            return self
        return PureStates(self._amplitudes[chosen], self._crew)

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        found = np.empty(self._amplitudes.shape)
        turned = self._amplitudes
        if "X" in basis or "Y" in basis:
            turned = turned.copy()
        for state, distribution in zip(turned, found, strict=True):
            turn(state, basis, self._crew)
            self._square(state, distribution)
        return marginals(found, measured_qubits(basis))

    def _square(self, state: ComplexArray, distribution: FloatArray) -> None:
        def work(first: int, last: int) -> None:
            squares(state[first:last], distribution[first:last])

        self._crew.spread(work, state.size, 1 << CHUNK_BITS)


class MixedStates:
    """Density matrices [R, 2**n, 2**n]."""

    def __init__(self, matrices: ComplexArray) -> None:
        """Hold matrices; they are never changed."""
        self._matrices = matrices

    def rows(self, chosen: IntArray) -> MixedStates:
        """Return some of the rows."""
        if chosen.size == self._matrices.shape[0]:
            return self
        return MixedStates(self._matrices[chosen])

    def probabilities(self, basis: BasisLabel) -> FloatArray:
        """Return the probabilities [R, 2**m] of the outcomes of a basis's m measured qubits."""
        rows, side, _ = self._matrices.shape
        # One outcome axis before two matrix axes, from which each letter takes a qubit off.
        left = self._matrices.reshape(rows, 1, side, side)
        for letter in basis:
            half = left.shape[-1] // 2
            blocks = left.reshape(rows, left.shape[1], 2, half, 2, half)
            left = _take_off(letter, blocks).reshape(rows, -1, half, half)
        return np.ascontiguousarray(left[:, :, 0, 0].real)


def turn(state: ComplexArray, basis: BasisLabel, crew: Crew, *, back: bool = False) -> None:
    """Turn a state in place, so that the outcomes of a basis become those of Z, or back."""
    for qubit, letter in enumerate(reversed(basis)):
        if letter in "XY":
            work = partial(_turn_pairs, state, qubit, letter == "Y", back)
            crew.spread(work, state.size // 2, 1 << CHUNK_BITS)


def _turn_pairs(
    state: ComplexArray, qubit: int, is_y: bool, back: bool, first: int, last: int
) -> None:
    turn_qubit(state, first, last, qubit, is_y, back)


def marginals(probabilities: FloatArray, qubits: Sequence[int]) -> FloatArray:
    """Sum probabilities [R, 2**n] over all qubits but some; outcome bit k is ``qubits[k]``."""
    rows, dimension = probabilities.shape
    width = dimension.bit_length() - 1
    others = tuple(width - qubit for qubit in range(width) if qubit not in set(qubits))
    if not others:
        return probabilities
    summed: FloatArray = probabilities.reshape((rows,) + (2,) * width).sum(axis=others)
    return summed.reshape(rows, 1 << len(qubits))


def _take_off(letter: str, blocks: ComplexArray) -> ComplexArray:
    zero, one = blocks[:, :, 0, :, 0], blocks[:, :, 1, :, 1]
    if letter == "I":
        return zero + one
    if letter == "Z":
        return np.stack([zero, one], axis=2)
    coherence = blocks[:, :, 0, :, 1] + blocks[:, :, 1, :, 0]
    if letter == "Y":
        coherence = 1j * (blocks[:, :, 0, :, 1] - blocks[:, :, 1, :, 0])
    return np.stack([zero + one + coherence, zero + one - coherence], axis=2) / 2
