"""Expectation values of chains: what several terms begin with is summed up once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ....primitives.bonds import MAX_VECTORS, TOGETHER_BYTES
from ....primitives.observables import FloatArray, TermLabel
from ..batched.threads import Share, spread
from .circuit import ChainCircuit
from .evolution import LANES, Chain
from .factors import IDENTITY, PAULIS, ComplexArray
from .kernels import join, push


def _letters() -> dict[str, ComplexArray]:
    found = {pauli.upper(): matrix for pauli, matrix in PAULIS.items()}
    for (plus, minus), pauli in (("+-", "x"), ("rl", "y"), ("01", "z")):
        found[plus] = (IDENTITY + PAULIS[pauli]) / 2
        found[minus] = (IDENTITY - PAULIS[pauli]) / 2
    return found


LETTERS = _letters()
"""What a letter of a term does to its qubit."""


def chain_values(
    circuit: ChainCircuit, rows: FloatArray, terms: Sequence[TermLabel], threads: int
) -> FloatArray:
    """Return the expectation values of terms.

    Args:
        circuit: The circuit.
        rows: Parameters [R, P].
        terms: Labels over ``IXYZ01+-rl``, the highest qubit first; none is the identity.
        threads: How many threads run at most.

    Returns:
        Values [R, T]; a row's depend on its own parameters alone.
    """
    vectors = -(-rows.shape[0] // LANES)
    padded = np.concatenate([rows, np.repeat(rows[-1:], vectors * LANES - rows.shape[0], axis=0)])
    angles = circuit.template.angles.at(padded)
    values = np.empty((vectors * LANES, len(terms)))
    most = max(1, min(MAX_VECTORS, TOGETHER_BYTES // circuit.vector_bytes))

    def work(share: Share) -> None:
        for number in range(*share):
            part = slice(number * most * LANES, (number + 1) * most * LANES)
            values[part] = _Reading(Chain(circuit, angles[:, part])).values(terms)

    def worker() -> Callable[[Share], None]:
        return work

    # Parts as large as may be: what is between the kernels holds the interpreter's lock.
    spread(worker, -(-vectors // most), threads)
    return values[: rows.shape[0]]


class _Reading:
    """Reads terms from the left: sums over all qubits before a bond, [m, bond, bond]."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        ones = chain.numbers([1])
        self._lefts = [ones]
        self._rights = {chain.num_sites: ones}
        self._path: tuple[int, str, list[FloatArray]] = -1, "", []
        self._operators = {
            letter: chain.numbers(matrix.reshape(-1)) for letter, matrix in LETTERS.items()
        }

    def values(self, terms: Sequence[TermLabel]) -> FloatArray:
        """Return the values [m * lanes, T] of terms."""
        count = self._chain.count
        found = np.empty((len(terms), count * LANES))
        spans = map(_span, terms)
        # Terms that begin alike come one after the other.
        for (first, letters), number in sorted(zip(spans, range(len(terms)), strict=True)):
            side, behind = self._sums(first, letters), first + len(letters)
            size = self._chain.shapes[behind - 1][1] ** 2
            join(count, size, side, self._right(behind), found[number])
        return found.T

    def _sums(self, first: int, letters: str) -> FloatArray:
        """Return the sums up to the bond behind some letters, the first of them on a qubit."""
        begun, known, sums = self._path
        kept = _num_shared(known, letters) if begun == first else 0
        sums = sums[: kept + 1] if kept else [self._left(first)]
        for place in range(kept, len(letters)):
            sums.append(self._pushed(sums[-1], first + place, letters[place]))
        self._path = first, letters, sums
        return sums[-1]

    def _left(self, bond: int) -> FloatArray:
        while len(self._lefts) <= bond:
            self._lefts.append(self._pushed(self._lefts[-1], len(self._lefts) - 1, "I"))
        return self._lefts[bond]

    def _right(self, bond: int) -> FloatArray:
        """Return the sums over all qubits behind a bond."""
        chain = self._chain
        for site in range(min(self._rights) - 1, bond - 1, -1):
            left, right = chain.shapes[site]
            tensor = chain.tensors[site].reshape(chain.count, left, 2, right, 2 * LANES)
            # From the right a tensor is read with its bonds exchanged.
            mirrored = np.ascontiguousarray(tensor.transpose(0, 3, 2, 1, 4)).reshape(-1)
            self._rights[site] = self._push(self._rights[site + 1], (right, left), mirrored)
        return self._rights[bond]

    def _pushed(self, side: FloatArray, site: int, letter: str) -> FloatArray:
        chain = self._chain
        tensor = chain.tensors[site]
        ket = tensor if letter == "I" else chain.acted(site, self._operators[letter])
        return self._push(side, chain.shapes[site], tensor, ket)

    def _push(
        self,
        side: FloatArray,
        shape: tuple[int, int],
        bra: FloatArray,
        ket: FloatArray | None = None,
    ) -> FloatArray:
        (left, right), count = shape, self._chain.count
        between = np.empty(left * 2 * right * 2 * LANES)
        out = np.empty(count * right * right * 2 * LANES)
        push((count, left, right), side, bra if ket is None else ket, bra, between, out)
        return out


def _span(term: TermLabel) -> tuple[int, str]:
    """Return the first qubit that a term acts on, and its letters from there to the last one."""
    letters = term[::-1].rstrip("I")
    first = len(letters) - len(letters.lstrip("I"))
    return first, letters[first:]


def _num_shared(one: str, other: str) -> int:
    """Return how many letters two strings begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
