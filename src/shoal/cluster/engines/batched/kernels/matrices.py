"""The one-qubit unitaries of a batch of rows, as quaternions: see ``lowering.quaternions``."""

from __future__ import annotations

from typing import Any

from ..opcodes import COSINES_AT, MATRICES, MATRICES_AT, SINES_AT
from .jit import inlined
from .lanes import fma, load, splat, store


@inlined
def fill_matrices(code: Any, numbers: Any, work: Any, is_first: bool) -> None:
    """Multiply the factors of every matrix; constant ones for the first batch only."""
    at = code[MATRICES]
    place = code[MATRICES_AT]
    for _ in range(code[at - 1]):
        if is_first or not code[at + 1]:
            _multiply(code, numbers, work, at + 2, place)
        at += code[at]
        place += 4


@inlined
def _multiply(code: Any, numbers: Any, work: Any, at: int, place: int) -> None:
    like = load(work, place)
    w, x, y, z = splat(1.0, like), splat(0.0, like), splat(0.0, like), splat(0.0, like)
    for factor in range(at + 1, at + 1 + 3 * code[at], 3):
        axis, index = code[factor], code[factor + 1]
        if axis == 0:
            lw, lx = splat(numbers[index], like), splat(numbers[index + 1], like)
            ly, lz = splat(numbers[index + 2], like), splat(numbers[index + 3], like)
            w, x, y, z = (
                fma(lw, w, -fma(lx, x, fma(ly, y, lz * z))),
                fma(lw, x, fma(lx, w, fma(ly, z, -(lz * y)))),
                fma(lw, y, fma(ly, w, fma(lz, x, -(lx * z)))),
                fma(lw, z, fma(lz, w, fma(lx, y, -(ly * x)))),
            )
            continue
        cosine = load(work, code[COSINES_AT] + index)
        sine = load(work, code[SINES_AT] + index)
        if code[factor + 2] < 0:
            sine = -sine
        if axis == 1:
            w, x, y, z = _turned(w, x, y, z, cosine, sine)
        elif axis == 2:
            w, y, z, x = _turned(w, y, z, x, cosine, sine)
        else:
            w, z, x, y = _turned(w, z, x, y, cosine, sine)
    store(work, place, w)
    store(work, place + 1, x)
    store(work, place + 2, y)
    store(work, place + 3, z)


@inlined
def _turned(w: Any, x: Any, y: Any, z: Any, cosine: Any, sine: Any) -> Any:
    """Multiply by a turn about the axis named first, on the left."""
    return (
        fma(cosine, w, -(sine * x)),
        fma(cosine, x, sine * w),
        fma(cosine, y, -(sine * z)),
        fma(cosine, z, sine * y),
    )
