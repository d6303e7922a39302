"""Each reading, from the piece of the state that is in cache, added to the outputs."""

from __future__ import annotations

from typing import Any

from ..opcodes import BLOCK_AT
from .jit import inlined
from .lanes import fma, load, parity, splat, store, trailing_zeros
from .walks import NO_START, read_index, start_walk


@inlined
def add_term(code: Any, at: int, piece: int, numbers: Any, work: Any) -> None:
    """Operands: flip, sign inside and outside of the piece, is_imaginary, weight, output, walk."""
    flip, inner, is_imaginary, output = code[at], code[at + 1], code[at + 3], code[at + 5]
    place, steps, num_steps, _ = start_walk(code, at + 6, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    like = load(work, block)
    outside = parity(piece & code[at + 2])
    total = splat(0.0, like)
    for count in range(1, (1 << num_steps) + 1):
        one, other = block + 2 * place, block + 2 * (place ^ flip)
        ar, ai = load(work, one), load(work, one + 1)
        br, bi = load(work, other), load(work, other + 1)
        product = fma(br, ai, -(bi * ar)) if is_imaginary else fma(br, ar, bi * ai)
        sign = splat(1.0 - 2.0 * (parity(place & inner) ^ outside), like)
        total = fma(sign, product, total)
        place ^= code[steps + trailing_zeros(count)]
    weight = splat(numbers[code[at + 4]], like)
    store(work, output, fma(weight, total, load(work, output)))


@inlined
def add_marginal(code: Any, at: int, piece: int, work: Any) -> None:
    """Operands: first output, bits, their roles, walk, steps of the outcome."""
    output, bits = code[at], code[at + 1]
    place, steps, num_steps, deltas = start_walk(code, at + 2 + 3 * bits, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    outcome = read_index(code, at + 2, bits, place, piece)
    for count in range(1, (1 << num_steps) + 1):
        real, imaginary = load(work, block + 2 * place), load(work, block + 2 * place + 1)
        sum_so_far = load(work, output + outcome)
        total = fma(real, real, fma(imaginary, imaginary, sum_so_far))
        store(work, output + outcome, total)
        step = trailing_zeros(count)
        place ^= code[steps + step]
        outcome ^= code[deltas + step]


@inlined
def copy_amplitudes(code: Any, at: int, piece: int, work: Any) -> None:
    """Operands as those of a marginal; two outputs an amplitude."""
    output, bits = code[at], code[at + 1]
    place, steps, num_steps, deltas = start_walk(code, at + 2 + 3 * bits, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    outcome = read_index(code, at + 2, bits, place, piece)
    for count in range(1, (1 << num_steps) + 1):
        store(work, output + 2 * outcome, load(work, block + 2 * place))
        store(work, output + 2 * outcome + 1, load(work, block + 2 * place + 1))
        step = trailing_zeros(count)
        place ^= code[steps + step]
        outcome ^= code[deltas + step]
