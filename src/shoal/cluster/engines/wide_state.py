"""One large statevector: read in place, chunk by chunk, on all threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.workload import IntArray
from .crew import Crew
from .diagonal_terms import READ_OF_LETTER, DiagonalTerms
from .flip_terms import flip_terms, flip_values
from .readout import Readout
from .state_kernels import find_outcomes, squares
from .states import CHUNK_BITS, ComplexArray, turn
from .term_plan import BasisReading, TermPlan

_CHUNK = 1 << CHUNK_BITS
_FLIPS = str.maketrans("IZXY", "0011")


class WideState:
    """A statevector [2**n], turned in place into the basis that is read and back again."""

    def __init__(self, amplitudes: ComplexArray, crew: Crew) -> None:
        """Take the amplitudes over: nobody else may use them."""
        self._amplitudes = amplitudes
        self._crew = crew
        self._width = amplitudes.size.bit_length() - 1

    def values(self, plan: TermPlan, readout: Readout) -> FloatArray:
        """Return the values [T] of planned terms, as infinitely many shots would estimate them."""
        values = np.empty(plan.num_terms)
        direct = [one for one in plan.readings if _is_direct(one, readout)]
        if direct:
            terms = [term for one in direct for term in one.terms]
            positions = np.concatenate([one.positions for one in direct])
            groups = flip_terms(terms)
            values[positions] = flip_values(self._amplitudes, groups, len(terms), self._crew)
        for reading in plan.readings:
            if _is_direct(reading, readout):
                continue
            with self._turned(reading.basis):
                values[reading.positions] = self._diagonal_values(reading, readout)
        return values

    def outcomes(
        self, basis: BasisLabel, shots: int, readout: Readout, generator: np.random.Generator
    ) -> IntArray:
        """Draw shots [S] in a basis; bit k is the k-th measured qubit."""
        uniform = generator.random(shots)
        order = np.argsort(uniform, kind="stable")
        with self._turned(basis):
            norms = self._chunk_norms()
            ends = np.cumsum(norms)
            thresholds = uniform[order] * ends[-1]
            edges = np.searchsorted(thresholds, ends)
            edges[-1] = shots
            found = np.empty(shots, dtype=np.int64)

            def find(first: int, last: int) -> None:
                chunk = first // _CHUNK
                start = edges[chunk - 1] if chunk else 0
                if edges[chunk] > start:
                    wanted = thresholds[start : edges[chunk]] - (ends[chunk - 1] if chunk else 0.0)
                    find_outcomes(
                        self._squares(first, last), first, wanted, found[start : edges[chunk]]
                    )

            self._crew.spread(find, self._amplitudes.size, _CHUNK)
        drawn = np.empty(shots, dtype=np.int64)
        drawn[order] = found
        return _misread(drawn, measured_qubits(basis), readout, generator)

    @contextmanager
    def _turned(self, basis: BasisLabel) -> Iterator[None]:
        turn(self._amplitudes, basis, self._crew)
        try:
            yield
        finally:
            turn(self._amplitudes, basis, self._crew, back=True)

    def _squares(self, first: int, last: int) -> FloatArray:
        out = np.empty(last - first)
        squares(self._amplitudes[first:last], out)
        return out

    def _chunk_norms(self) -> FloatArray:
        norms = np.empty(-(-self._amplitudes.size // _CHUNK))

        def add(first: int, last: int) -> None:
            norms[first // _CHUNK] = self._squares(first, last).sum()

        self._crew.spread(add, self._amplitudes.size, _CHUNK)
        return norms

    def _diagonal_values(self, reading: BasisReading, readout: Readout) -> FloatArray:
        masks = DiagonalTerms.over("Z" * self._width, reading.terms)
        is_confused = any(readout.of(qubit) is not None for qubit in range(self._width))
        weights = [_weights(term, readout) for term in reading.terms] if is_confused else []
        shares = np.zeros((-(-self._amplitudes.size // _CHUNK), len(reading.terms)))

        def add(first: int, last: int) -> None:
            chunk, share = self._squares(first, last), shares[first // _CHUNK]
            if weights:
                share[:] = [_contracted(chunk, first, one) for one in weights]
            else:
                masks.add(chunk, first, share)

        self._crew.spread(add, self._amplitudes.size, _CHUNK)
        return np.asarray(shares.sum(axis=0))


def _is_direct(reading: BasisReading, readout: Readout) -> bool:
    """Return whether terms cost less where the state is not turned into their basis and back."""
    if set("".join(reading.terms)) - set("IXYZ"):
        return False
    if any(readout.of(qubit) is not None for qubit in range(len(reading.basis))):
        return False
    turned = sum(letter in "XY" for letter in reading.basis)
    flips = {term.translate(_FLIPS) for term in reading.terms}
    return len(flips) <= max(2 * turned, 1)


def _weights(term: TermLabel, readout: Readout) -> FloatArray:
    """Return what a term reads for a true 0 and a true 1 of each qubit [n, 2]."""
    weights = np.ones((len(term), 2))
    for qubit, letter in enumerate(reversed(term)):
        if letter != "I":
            confusion, read = readout.of(qubit), np.array(READ_OF_LETTER[letter])
            weights[qubit] = read if confusion is None else confusion @ read
    return weights


def _contracted(chunk: FloatArray, first: int, weights: FloatArray) -> float:
    """Sum a chunk's probabilities times the product of its outcomes' weights."""
    low = chunk.size.bit_length() - 1
    for qubit in range(low):
        chunk = chunk[0::2] * weights[qubit, 0] + chunk[1::2] * weights[qubit, 1]
    share = float(chunk[0])
    for qubit in range(low, weights.shape[0]):
        share *= weights[qubit, first >> qubit & 1]
    return share


def _misread(
    drawn: IntArray, qubits: tuple[int, ...], readout: Readout, generator: np.random.Generator
) -> IntArray:
    """Pick the measured bits of full outcomes, and misread them."""
    read = np.zeros_like(drawn)
    for bit, qubit in enumerate(qubits):
        value = drawn >> qubit & 1
        confusion = readout.of(qubit)
        if confusion is not None:
            wrong = np.array([confusion[0, 1], confusion[1, 0]])[value]
            value ^= generator.random(drawn.size) < wrong
        read |= value << bit
    return read
