"""Pauli terms read from a statevector as it is, grouped by the bits that they flip.

The value of a term is the sum, over all amplitudes, of each one times the conjugate of that which
the flips lead to, with the sign of a parity. Amplitudes are multiplied once for all terms with the
same flips, chunk by chunk, while a chunk is in cache; the state is not turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...primitives.observables import FloatArray, TermLabel
from ...primitives.workload import IntArray
from .crew import Crew
from .state_kernels import add_diagonal_values, multiply_pairs, spectrum
from .states import CHUNK_BITS, ComplexArray

MIN_SPECTRUM_TERMS = 8
"""From so many terms on, one transform of a chunk costs less than a sum for each term."""

_CHUNK = 1 << CHUNK_BITS


@dataclass(frozen=True, slots=True, eq=False)
class FlipTerms:
    """Terms that flip the same bits, and have all an even or all an odd number of Y."""

    flip: int
    is_odd: bool
    signs: IntArray
    """The bits whose parity is the sign of a product [T]."""
    weights: FloatArray
    """1 or -1 [T]."""
    positions: IntArray
    """Where the terms stand among all [T]."""


def flip_terms(terms: Sequence[TermLabel]) -> tuple[FlipTerms, ...]:
    """Group terms over ``IXYZ``."""
    members: dict[tuple[int, bool], list[tuple[int, float, int]]] = {}
    for position, term in enumerate(terms):
        letters = term[::-1]
        flip = sum(1 << bit for bit, letter in enumerate(letters) if letter in "XY")
        sign = sum(1 << bit for bit, letter in enumerate(letters) if letter in "ZY")
        count = term.count("Y")
        # The factor i**count is real, or imaginary and met by the imaginary part of a product.
        weight = 1.0 if count % 4 in (0, 3) else -1.0
        members.setdefault((flip, count % 2 == 1), []).append((sign, weight, position))
    return tuple(
        FlipTerms(
            flip,
            is_odd,
            np.array([sign for sign, _, _ in found], dtype=np.int64),
            np.array([weight for _, weight, _ in found]),
            np.array([position for _, _, position in found], dtype=np.int64),
        )
        for (flip, is_odd), found in members.items()
    )


def flip_values(
    amplitudes: ComplexArray, groups: Sequence[FlipTerms], num_terms: int, crew: Crew
) -> FloatArray:
    """Return the values [T] of terms in a state [2**n]."""
    shares = np.zeros((-(-amplitudes.size // _CHUNK), num_terms))

    def add(first: int, last: int) -> None:
        products = np.empty(last - first)
        for group in groups:
            factor = _factor(group.flip, first)
            if factor:
                multiply_pairs(amplitudes, first, group.flip, group.is_odd, products)
                found = _sums(products, first, group.signs)
                shares[first // _CHUNK, group.positions] = factor * group.weights * found

    crew.spread(add, amplitudes.size, _CHUNK)
    return np.asarray(shares.sum(axis=0))


def _factor(flip: int, first: int) -> float:
    """Return how often a chunk counts: two chunks that a flip exchanges have the same share."""
    top = flip.bit_length() - 1
    if top < CHUNK_BITS:
        return 1.0
    return 0.0 if first >> top & 1 else 2.0


def _sums(products: FloatArray, first: int, signs: IntArray) -> FloatArray:
    """Return the sums [T] of a chunk's products with the signs of each term."""
    found = np.zeros(signs.size)
    if signs.size < MIN_SPECTRUM_TERMS:
        nothing = np.zeros_like(signs)
        add_diagonal_values(products, first, signs, nothing, nothing, found)
    else:
        spectrum(products, first, signs, found)
    return found
