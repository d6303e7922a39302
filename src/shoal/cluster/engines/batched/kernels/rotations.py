"""Rotations of one qubit, on the piece of the state that is in cache.

Operands of each: flip, place of the matrix, walk through the amplitudes of state 0.
"""

from __future__ import annotations

from typing import Any

from ..opcodes import BLOCK_AT
from .jit import inlined
from .lanes import fma, load, store, trailing_zeros
from .walks import NO_START, start_walk


@inlined
def rotate(code: Any, at: int, piece: int, work: Any) -> None:
    """Rotate about any axis."""
    flip, matrix = code[at], code[at + 1]
    place, steps, num_steps, _ = start_walk(code, at + 2, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    w, x = load(work, matrix), load(work, matrix + 1)
    y, z = load(work, matrix + 2), load(work, matrix + 3)
    minus_x, minus_y, minus_z = -x, -y, -z
    for count in range(1, (1 << num_steps) + 1):
        zero, one = block + 2 * place, block + 2 * (place ^ flip)
        ar, ai, br, bi = (
            load(work, zero),
            load(work, zero + 1),
            load(work, one),
            load(work, one + 1),
        )
        store(work, zero, fma(w, ar, fma(z, ai, fma(minus_y, br, x * bi))))
        store(work, zero + 1, fma(w, ai, fma(minus_z, ar, fma(minus_y, bi, minus_x * br))))
        store(work, one, fma(y, ar, fma(x, ai, fma(w, br, minus_z * bi))))
        store(work, one + 1, fma(y, ai, fma(minus_x, ar, fma(w, bi, z * br))))
        place ^= code[steps + trailing_zeros(count)]


@inlined
def rotate_x(code: Any, at: int, piece: int, work: Any) -> None:
    """Rotate about X."""
    flip, matrix = code[at], code[at + 1]
    place, steps, num_steps, _ = start_walk(code, at + 2, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    w, x = load(work, matrix), load(work, matrix + 1)
    minus_x = -x
    for count in range(1, (1 << num_steps) + 1):
        zero, one = block + 2 * place, block + 2 * (place ^ flip)
        ar, ai, br, bi = (
            load(work, zero),
            load(work, zero + 1),
            load(work, one),
            load(work, one + 1),
        )
        store(work, zero, fma(w, ar, x * bi))
        store(work, zero + 1, fma(w, ai, minus_x * br))
        store(work, one, fma(w, br, x * ai))
        store(work, one + 1, fma(w, bi, minus_x * ar))
        place ^= code[steps + trailing_zeros(count)]


@inlined
def rotate_y(code: Any, at: int, piece: int, work: Any) -> None:
    """Rotate about Y."""
    flip, matrix = code[at], code[at + 1]
    place, steps, num_steps, _ = start_walk(code, at + 2, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    w, y = load(work, matrix), load(work, matrix + 2)
    minus_y = -y
    for count in range(1, (1 << num_steps) + 1):
        zero, one = block + 2 * place, block + 2 * (place ^ flip)
        ar, ai, br, bi = (
            load(work, zero),
            load(work, zero + 1),
            load(work, one),
            load(work, one + 1),
        )
        store(work, zero, fma(w, ar, minus_y * br))
        store(work, zero + 1, fma(w, ai, minus_y * bi))
        store(work, one, fma(w, br, y * ar))
        store(work, one + 1, fma(w, bi, y * ai))
        place ^= code[steps + trailing_zeros(count)]
