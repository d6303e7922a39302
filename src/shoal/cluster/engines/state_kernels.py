"""Compiled loops over the amplitudes of one state and the probabilities of its outcomes.

Sums run over chunks of a fixed size and are added in order, so that no result depends on how many
threads the chunks were spread over. Every kernel releases the interpreter lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

RUN_BITS = 6
"""Outcomes that share a table of signs: 64 doubles, eight cache lines."""


@njit(nogil=True, cache=True)
def parity(mask: Any) -> Any:
    """Return whether an odd number of bits is set."""
    mask ^= mask >> 32
    mask ^= mask >> 16
    mask ^= mask >> 8
    mask ^= mask >> 4
    mask ^= mask >> 2
    mask ^= mask >> 1
    return mask & 1


@njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"})
def _weighted(probabilities: Any, base: Any, table: Any, size: int) -> Any:
    total = 0.0
    for k in range(size):
        total += table[k] * probabilities[base + k]
    return total


@njit(nogil=True, cache=True)
def add_diagonal_values(
    probabilities: Any, offset: int, signs: Any, kept: Any, ones: Any, sums: Any
) -> None:
    """Add what a stretch of outcomes contributes to diagonal terms.

    Args:
        probabilities: Of the outcomes ``offset``, ``offset + 1``, ...; a power of two of them.
        offset: The first outcome, a multiple of their number.
        signs: For each term [T] the bits whose parity is its sign.
        kept: For each term the bits that it projects.
        ones: For each term what these must be.
        sums: Where the terms' values are added up [T].
    """
    low = min(1 << RUN_BITS, probabilities.size)
    table = np.empty(low)
    for term in range(signs.size):
        sign, keep, one = signs[term], kept[term], ones[term]
        for k in range(low):
            hits = (k & keep & (low - 1)) == (one & (low - 1))
            table[k] = 1.0 - 2.0 * parity(k & sign) if hits else 0.0
        high_keep, high_one = keep & ~(low - 1), one & ~(low - 1)
        total = 0.0
        for base in range(0, probabilities.size, low):
            outcome = offset + base
            if (outcome & high_keep) != high_one:
                continue
            share = _weighted(probabilities, base, table, low)
            total += -share if parity(outcome & sign & ~(low - 1)) else share
        sums[term] += total


@njit(nogil=True, cache=True)
def multiply_pairs(state: Any, first: int, flip: int, is_odd: bool, out: Any) -> None:
    """Write a part of ``amplitude * conj(amplitude that a flip leads to)``.

    Args:
        state: Amplitudes [2**n].
        first: The first amplitude, a multiple of the number of products.
        flip: The bits that are flipped.
        is_odd: Whether the imaginary part is wanted, else the real one.
        out: Where the products go; a power of two of them.
    """
    low = out.size - 1
    inner, other = flip & low, first ^ (flip & ~low)
    for k in range(out.size):
        one, two = state[first + k], state[other + (k ^ inner)]
        a, b = np.float64(one.real), np.float64(one.imag)
        c, d = np.float64(two.real), np.float64(two.imag)
        out[k] = b * c - a * d if is_odd else a * c + b * d


@njit(nogil=True, cache=True)
def spectrum(values: Any, offset: int, signs: Any, sums: Any) -> None:
    """Write the sums of a stretch of values with the signs of parities; the values are lost.

    Args:
        values: Of the outcomes ``offset``, ``offset + 1``, ...; a power of two of them.
        offset: The first outcome, a multiple of their number.
        signs: For each sum [T] the bits whose parity is the sign.
        sums: Where the sums go [T].
    """
    distance = 1
    while distance < values.size:
        for start in range(0, values.size, 2 * distance):
            for place in range(start, start + distance):
                one, other = values[place], values[place + distance]
                values[place], values[place + distance] = one + other, one - other
        distance *= 2
    low = values.size - 1
    for term in range(signs.size):
        total = values[signs[term] & low]
        sums[term] = -total if parity(offset & signs[term] & ~low) else total


@njit(nogil=True, cache=True)
def turn_qubit(state: Any, first: int, last: int, qubit: int, is_y: bool, back: bool) -> None:
    """Turn a qubit of a state in place: measuring Z then is measuring X or Y now.

    Args:
        state: Amplitudes [2**n].
        first: First pair of amplitudes to treat, of 2**(n-1).
        last: One past the last pair.
        qubit: The qubit.
        is_y: Whether Y is wanted, else X.
        back: Whether an earlier turn is undone.
    """
    half = np.sqrt(0.5)
    step = 1 << qubit
    for pair in range(first, last):
        index = ((pair >> qubit) << (qubit + 1)) | (pair & (step - 1))
        zero, one = state[index], state[index + step]
        if is_y and not back:
            one = complex(one.imag, -one.real)
        below, above = half * (zero + one), half * (zero - one)
        if is_y and back:
            above = complex(-above.imag, above.real)
        state[index], state[index + step] = below, above


@njit(nogil=True, cache=True)
def squares(state: Any, out: Any) -> None:
    """Write ``|amplitude|**2``."""
    for index in range(state.size):
        real, imag = np.float64(state[index].real), np.float64(state[index].imag)
        out[index] = real * real + imag * imag


@njit(nogil=True, cache=True)
def find_outcomes(probabilities: Any, offset: int, wanted: Any, out: Any) -> None:
    """Find the outcomes at which a running sum passes rising thresholds.

    Args:
        probabilities: Of the outcomes ``offset``, ``offset + 1``, ...
        offset: The first outcome.
        wanted: Thresholds [S], rising.
        out: Where the outcomes go [S].
    """
    total, position, possible = 0.0, 0, offset
    for index in range(probabilities.size):
        if probabilities[index] > 0.0:
            possible = offset + index
        total += probabilities[index]
        while position < wanted.size and wanted[position] < total:
            out[position] = offset + index
            position += 1
    # Thresholds that rounding pushed past the end belong to the last outcome that can occur.
    while position < wanted.size:
        out[position] = possible
        position += 1
