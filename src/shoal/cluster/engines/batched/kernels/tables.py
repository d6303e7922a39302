"""The phases of diagonals, tabulated for a batch of rows."""

from __future__ import annotations

from typing import Any

from ..opcodes import COSINES_AT, SINES_AT, TABLES
from .jit import inlined
from .lanes import fma, load, parity, splat, store


@inlined
def fill_tables(code: Any, work: Any, is_first: bool) -> None:
    """Multiply the phases of every table; constant ones for the first batch only."""
    at = code[TABLES]
    for _ in range(code[at - 1]):
        if is_first or not code[at + 1]:
            place, bits = code[at + 2], code[at + 3]
            for index in range(1 << bits):
                _fill_entry(code, work, at + 4, place, index)
        at += code[at]


@inlined
def _fill_entry(code: Any, work: Any, at: int, place: int, index: int) -> None:
    like = load(work, place)
    real, imaginary = splat(1.0, like), splat(0.0, like)
    phases = code[at]
    at += 1
    for _ in range(phases):
        slot, sign, is_parity, conditions = code[at], code[at + 1], code[at + 2], code[at + 3]
        holds = True
        for condition in range(at + 4, at + 4 + 2 * conditions, 2):
            holds &= parity(index & code[condition]) == code[condition + 1]
        at += 4 + 2 * conditions
        if holds or is_parity:
            cosine = load(work, code[COSINES_AT] + slot)
            sine = load(work, code[SINES_AT] + slot)
            if holds != (sign > 0):
                sine = -sine
            real, imaginary = (
                fma(cosine, real, -(sine * imaginary)),
                fma(cosine, imaginary, sine * real),
            )
    store(work, place + 2 * index, real)
    store(work, place + 2 * index + 1, imaginary)
