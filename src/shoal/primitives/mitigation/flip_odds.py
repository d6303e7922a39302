"""How likely pairs of strings are to be misread for each other, by tables of bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..observables import FloatArray
from .assignment import AssignmentErrors
from .neighbours import Positions, Words

TABLE_BITS = 8
"""Bits that are looked up together: tables of 512 KiB, which stay near the processor."""

_MASK = np.uint64((1 << TABLE_BITS) - 1)


def flip_odds(
    words: Words, first: Positions, second: Positions, errors: AssignmentErrors
) -> tuple[FloatArray, FloatArray]:
    """Multiply, pair by pair, the odds of misreading each bit in which two strings differ.

    Args:
        words: Strings [N, words].
        first: One string of each pair.
        second: The other one.
        errors: Readout errors of the bits.

    Returns:
        The odds where the first string was prepared, and where the second one was.
    """
    of_first, of_second = np.ones(first.size), np.ones(first.size)
    zeros = errors.one_given_zero / (1 - errors.one_given_zero)
    ones = errors.zero_given_one / (1 - errors.zero_given_one)
    for start in range(0, errors.num_bits, TABLE_BITS):
        here = slice(start, start + TABLE_BITS)
        table = _table(zeros[here], ones[here])
        strings = _digits(words, start)
        left, right = strings.take(first), strings.take(second)
        differing = left ^ right
        if start and not differing.any():
            continue
        differing <<= TABLE_BITS
        left |= differing
        right |= differing
        of_first *= table.take(left)
        of_second *= table.take(right)
    return of_first, of_second


def _digits(words: Words, start: int) -> NDArray[np.int64]:
    """Return the bits of each string that one table is for [N]."""
    word = words[:, words.shape[1] - 1 - start // 64]
    return ((word >> np.uint64(start % 64)) & _MASK).astype(np.int64)


def _table(zeros: FloatArray, ones: FloatArray) -> FloatArray:
    """Write down the product of the odds for all differing bits and all prepared bits.

    Args:
        zeros: Odds of reading a 0 as 1, bit by bit.
        ones: Odds of reading a 1 as 0.

    Returns:
        The products, at the differing bits times 256 plus the prepared ones.
    """
    values = np.arange(1 << TABLE_BITS)
    table = np.ones((values.size, values.size))
    for bit, (zero, one) in enumerate(zip(zeros, ones, strict=True)):
        is_one = (values >> bit & 1).astype(np.bool_)
        table[is_one] *= np.where(is_one, one, zero)
    return table.reshape(-1)
