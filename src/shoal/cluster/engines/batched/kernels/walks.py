"""Follows a walk (see ``lowering.walks``) through the block in cache."""

from __future__ import annotations

from typing import Any

from .jit import inlined
from .lanes import parity

NO_START = -1


@inlined
def start_walk(code: Any, at: int, piece: int) -> tuple[int, int, int, int]:
    """Return where a walk starts in a piece.

    Args:
        code: The tape.
        at: Where the walk is written.
        piece: The index of the piece's first amplitude.

    Returns:
        The starting place, or ``NO_START`` where the piece holds nothing; where the steps are;
        the number of steps; what comes after the walk.
    """
    place, shifts = code[at], code[at + 1]
    at += 2
    for shift in range(at, at + 2 * shifts, 2):
        place ^= code[shift + 1] * parity(piece & code[shift])
    at += 2 * shifts
    checks = code[at]
    at += 1
    for check in range(at, at + 2 * checks, 2):
        if parity(piece & code[check]) != code[check + 1]:
            place = NO_START
    at += 2 * checks
    return place, at + 1, code[at], at + 2 + code[at]


@inlined
def read_index(code: Any, at: int, bits: int, place: int, piece: int) -> int:
    """Return the outcome of an amplitude: one bit a triple (inner, outer, value) on the tape."""
    index = 0
    for bit in range(bits):
        inner, outer, value = code[at + 3 * bit], code[at + 3 * bit + 1], code[at + 3 * bit + 2]
        index |= (parity(place & inner) ^ parity(piece & outer) ^ value) << bit
    return index
