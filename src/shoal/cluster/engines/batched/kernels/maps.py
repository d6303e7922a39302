"""Diagonals and dense maps, on the piece of the state that is in cache."""

from __future__ import annotations

from typing import Any

from ..opcodes import BLOCK_AT, SCRATCH_AT
from .jit import inlined
from .lanes import fma, load, splat, store, trailing_zeros
from .walks import NO_START, read_index, start_walk


@inlined
def multiply_phases(code: Any, at: int, piece: int, work: Any) -> None:
    """Operands: place of the table, bits, their roles, walk, steps of the table's index."""
    table, bits = code[at], code[at + 1]
    place, steps, num_steps, deltas = start_walk(code, at + 2 + 3 * bits, piece)
    if place == NO_START:
        return
    block = code[BLOCK_AT]
    index = read_index(code, at + 2, bits, place, piece)
    for count in range(1, (1 << num_steps) + 1):
        entry, amplitude = table + 2 * index, block + 2 * place
        cosine, sine = load(work, entry), load(work, entry + 1)
        real, imaginary = load(work, amplitude), load(work, amplitude + 1)
        store(work, amplitude, fma(cosine, real, -(sine * imaginary)))
        store(work, amplitude + 1, fma(cosine, imaginary, sine * real))
        step = trailing_zeros(count)
        place ^= code[steps + step]
        index ^= code[deltas + step]


@inlined
def map_dense(code: Any, at: int, piece: int, numbers: Any, work: Any) -> None:
    """Operands: bits, their flips, place of the matrix, walk through the amplitudes of state 0."""
    bits = code[at]
    entries = 1 << bits
    matrix = code[at + 1 + bits]
    place, steps, num_steps, _ = start_walk(code, at + 2 + bits, piece)
    if place == NO_START:
        return
    block, scratch = code[BLOCK_AT], code[SCRATCH_AT]
    like = load(work, block)
    for count in range(1, (1 << num_steps) + 1):
        for row in range(entries):
            real, imaginary = splat(0.0, like), splat(0.0, like)
            other = place
            for step in range(entries):
                column = step ^ (step >> 1)
                entry = matrix + 2 * (row * entries + column)
                mr, mi = splat(numbers[entry], like), splat(numbers[entry + 1], like)
                ar, ai = load(work, block + 2 * other), load(work, block + 2 * other + 1)
                real = fma(mr, ar, fma(-mi, ai, real))
                imaginary = fma(mr, ai, fma(mi, ar, imaginary))
                other ^= _flip(code, at + 1, bits, step + 1)
            store(work, scratch + 2 * row, real)
            store(work, scratch + 2 * row + 1, imaginary)
        other = place
        for step in range(entries):
            row = step ^ (step >> 1)
            store(work, block + 2 * other, load(work, scratch + 2 * row))
            store(work, block + 2 * other + 1, load(work, scratch + 2 * row + 1))
            other ^= _flip(code, at + 1, bits, step + 1)
        place ^= code[steps + trailing_zeros(count)]


@inlined
def _flip(code: Any, at: int, bits: int, count: int) -> int:
    step = trailing_zeros(count)
    return code[at + step] if step < bits else 0
