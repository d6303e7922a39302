"""Many terms that share their flips, read at once by a Walsh-Hadamard transform."""

from __future__ import annotations

from typing import Any

from ..opcodes import BLOCK_AT, SCRATCH_AT
from .jit import inlined
from .lanes import fma, load, parity, splat, store, trailing_zeros
from .walks import NO_START, start_walk


@inlined
def add_spectrum(code: Any, at: int, piece: int, numbers: Any, work: Any) -> None:
    """Operands: bits of the block, flip, is_imaginary, walk, number of terms, the terms.

    Each term: its sign inside and outside of the piece, weight, output.
    """
    bits = code[at]
    members = _fill_products(code, at + 1, bits, piece, work)
    if members == NO_START:
        return
    _transform(bits, code[SCRATCH_AT], work)
    scratch = code[SCRATCH_AT]
    for member in range(members + 1, members + 1 + 4 * code[members], 4):
        total = load(work, scratch + code[member])
        weight = numbers[code[member + 2]] * (1.0 - 2.0 * parity(piece & code[member + 1]))
        output = code[member + 3]
        store(work, output, fma(splat(weight, total), total, load(work, output)))


@inlined
def _fill_products(code: Any, at: int, bits: int, piece: int, work: Any) -> int:
    """Write the products of the pairs of amplitudes, 0 elsewhere; return where the terms are."""
    flip, is_imaginary = code[at], code[at + 1]
    place, steps, num_steps, members = start_walk(code, at + 2, piece)
    if place == NO_START:
        return NO_START
    block, scratch = code[BLOCK_AT], code[SCRATCH_AT]
    if num_steps < bits:
        zero = splat(0.0, load(work, block))
        for other in range(1 << bits):
            store(work, scratch + other, zero)
    for count in range(1, (1 << num_steps) + 1):
        one, other = block + 2 * place, block + 2 * (place ^ flip)
        ar, ai = load(work, one), load(work, one + 1)
        br, bi = load(work, other), load(work, other + 1)
        product = fma(br, ai, -(bi * ar)) if is_imaginary else fma(br, ar, bi * ai)
        store(work, scratch + place, product)
        place ^= code[steps + trailing_zeros(count)]
    return members


@inlined
def _transform(bits: int, scratch: int, work: Any) -> None:
    """Replace values by their sums with the signs of every parity."""
    for bit in range(bits):
        distance = 1 << bit
        for first in range(0, 1 << bits, 2 * distance):
            for place in range(scratch + first, scratch + first + distance):
                one, other = load(work, place), load(work, place + distance)
                store(work, place, one + other)
                store(work, place + distance, one - other)
