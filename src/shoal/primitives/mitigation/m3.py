"""Readout mitigation of counts on the strings that were observed (M3, arXiv:2108.12518).

The assignment matrix is restricted to the N observed strings, and its columns are normalised so
that no probability leaks to strings that were not seen. Nothing of size 2**n by 2**n is ever made,
and nothing of size N by N beyond a few hundred strings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from ..errors import RequestError
from ..observables import FloatArray
from ..outcomes import PackedBits
from .assignment import AssignmentErrors, transform_register
from .flip_odds import flip_odds
from .neighbours import Words, bit_of, expected_pairs, neighbour_pairs, packed_words, search_cost
from .plain_algebra import inverse, product, solution

MAX_DIRECT_STRINGS = 256
"""Up to this many strings the matrix is written out and inverted."""

MAX_WHOLE_STRINGS = 512
"""Up to this many strings every distance is mixed, whatever the width."""

MAX_REGISTER_BITS = 20
MAX_REGISTER_WASTE = 32
"""Up to this many bits, and strings of the register for each observed one, the product of matrices
is applied to the whole register, at every distance."""

MAX_PAIRS = 2e7
MAX_SEARCH_SECONDS = 3.0
"""What a distance may cost that nobody asked for by number."""

Method = Literal["direct", "register", "sparse"]


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentSystem:
    """The normalised assignment matrix on observed strings, as what one does with it."""

    num_strings: int
    method: Method
    distance: int
    """Largest Hamming distance between strings that the matrix mixes."""
    apply: Callable[[FloatArray], FloatArray]
    apply_transposed: Callable[[FloatArray], FloatArray]
    apply_squared: Callable[[FloatArray], FloatArray]
    """Multiplies by the matrix of the squared elements."""
    diagonal: FloatArray
    """Diagonal [N] of the matrix."""
    parities: FloatArray
    """1 or -1 [N]: whether a string has an even number of ones."""
    inverse: FloatArray | None = None
    """The inverse [N, N], where the method is direct."""

    def solve(self, right: FloatArray, tolerance: float, *, transposed: bool = False) -> FloatArray:
        """Solve for one right-hand side [N], to a relative residual."""
        if self.inverse is not None:
            return product(self.inverse.T if transposed else self.inverse, right)
        apply = self.apply_transposed if transposed else self.apply
        found = solution(apply, right, self.diagonal, tolerance)
        if found is None:
            raise RequestError(
                f"readout mitigation of {self.num_strings} strings did not converge at distance "
                f"{self.distance}: the readout errors are too large for it; calibrate again, or "
                "ask for a smaller distance"
            )
        return found


def assignment_system(
    bits: PackedBits, errors: AssignmentErrors, distance: int | None = None
) -> AssignmentSystem:
    """Restrict an assignment matrix to observed strings.

    Args:
        bits: Distinct strings [N, bytes], packed as in Qiskit's ``BitArray``.
        errors: Readout errors of the n bits.
        distance: Largest Hamming distance that is mixed; ``None``: every distance where that is
            cheap, and the largest of 3, 2 and 1 that is, elsewhere.

    Returns:
        The system. Its own ``distance`` says which was taken.
    """
    words, n = packed_words(bits), errors.num_bits
    if distance is not None and not 1 <= distance <= n:
        raise RequestError(f"M3 distance is {distance}; it must lie between 1 and {n} bits")
    unrestricted = distance is None or distance == n
    if len(words) <= MAX_DIRECT_STRINGS:
        return _direct(words, errors, distance or n)
    if unrestricted and n <= MAX_REGISTER_BITS and 1 << n <= MAX_REGISTER_WASTE * len(words):
        return _register(words, errors)
    if unrestricted and len(words) <= MAX_WHOLE_STRINGS:
        return _sparse(words, errors, n)
    return _sparse(words, errors, distance or affordable_distance(words, n))


def affordable_distance(words: Words, num_bits: int) -> int:
    """Return the largest of 3, 2 and 1 at which the neighbours of all strings are few enough."""
    for distance in (3, 2):
        cheap = search_cost(len(words), num_bits, distance) <= MAX_SEARCH_SECONDS
        if distance <= num_bits and cheap and expected_pairs(words, distance) <= MAX_PAIRS:
            return distance
    return 1


def unpack_words(words: Words, num_bits: int) -> NDArray[np.bool_]:
    """Return bits [N, n], bit 0 first."""
    return np.stack([bit_of(words, bit) for bit in range(num_bits)], axis=1)


def _direct(words: Words, errors: AssignmentErrors, distance: int) -> AssignmentSystem:
    bits = unpack_words(words, errors.num_bits).astype(np.int64)
    matrix = np.ones((len(words), len(words)))
    apart = np.zeros(matrix.shape, dtype=np.int64)
    for bit, single in enumerate(errors.matrices):
        matrix *= single[bits[:, None, bit], bits[None, :, bit]]
        apart += bits[:, None, bit] ^ bits[None, :, bit]
    matrix[apart > distance] = 0.0
    matrix /= matrix.sum(axis=0)
    return AssignmentSystem(
        len(words),
        "direct",
        distance,
        lambda x: product(matrix, x),
        lambda x: product(matrix.T, x),
        lambda x: product(matrix**2, x),
        np.diagonal(matrix),
        _parities(words),
        inverse(matrix),
    )


def _register(words: Words, errors: AssignmentErrors) -> AssignmentSystem:
    place = words[:, -1].astype(np.int64)
    forward = errors.matrices
    backward = forward.transpose(0, 2, 1)
    full = np.zeros(1 << errors.num_bits)

    def through(matrices: FloatArray, values: FloatArray) -> FloatArray:
        full[place] = values
        return transform_register(matrices, full)[place]

    norms = through(backward, np.ones(len(words)))
    return AssignmentSystem(
        len(words),
        "register",
        errors.num_bits,
        lambda x: through(forward, x / norms),
        lambda x: through(backward, x) / norms,
        lambda x: through(forward**2, x / norms**2),
        _unflipped(words, errors) / norms,
        _parities(words),
    )


def _sparse(words: Words, errors: AssignmentErrors, distance: int) -> AssignmentSystem:
    first, second = neighbour_pairs(words, errors.num_bits, distance)
    kept = _unflipped(words, errors)
    size = len(words)
    diagonal = np.arange(size, dtype=np.int32)
    columns = np.concatenate([diagonal, second, first])
    rows = np.concatenate([diagonal, first, second])
    odds = flip_odds(words, first, second, errors)
    entries = np.concatenate([kept, kept[second] * odds[1], kept[first] * odds[0]])
    norms = np.bincount(columns, entries, size)
    pairs = coo_array((entries / norms[columns], (rows, columns)), shape=(size, size))
    pairs.has_canonical_format = True  # no pair comes twice: spare the sort that would find out
    matrix = pairs.tocsr()
    transposed = matrix.T
    return AssignmentSystem(
        size,
        "sparse",
        distance,
        lambda x: matrix @ x,
        lambda x: transposed @ x,
        lambda x: (
            csr_array((matrix.data**2, matrix.indices, matrix.indptr), shape=(size, size)) @ x
        ),
        kept / norms,
        _parities(words),
    )


def _unflipped(words: Words, errors: AssignmentErrors) -> FloatArray:
    """Return the probability [N] that a string is read as it is."""
    right = np.where(
        unpack_words(words, errors.num_bits), 1 - errors.zero_given_one, 1 - errors.one_given_zero
    )
    return np.asarray(right.prod(axis=1))


def _parities(words: Words) -> FloatArray:
    odd = np.bitwise_count(words).sum(axis=1, dtype=np.int64) & 1
    return np.asarray(1.0 - 2.0 * odd)
