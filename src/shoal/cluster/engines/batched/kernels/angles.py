"""Cosines and sines of all angles of a batch of rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..opcodes import COSINES_AT, SINES_AT, SLOTS
from .jit import inlined
from .lanes import fma, load, num_lanes, splat, store

# pi / 2 in three parts of decreasing size; the first two products are exact in a fused
# multiply-add, so the rest of an angle below LIMIT is good to the last bit.
_QUARTER_HIGH = 1.5707963267948966
_QUARTER_MIDDLE = 6.123233995736766e-17
_QUARTER_LOW = -1.4973849048591833e-33
_INVERSE_QUARTER = 0.6366197723675814
_LIMIT = 1048576.0


@inlined
def cosine_and_sine(angle: float) -> tuple[float, float]:
    """Return both, to about one unit in the last place, with the same bits on every processor."""
    turns = np.floor(fma(angle, _INVERSE_QUARTER, 0.5))
    rest = fma(turns, -_QUARTER_HIGH, angle)
    rest = fma(turns, -_QUARTER_MIDDLE, rest)
    rest = fma(turns, -_QUARTER_LOW, rest)
    square = rest * rest
    # Taylor: on [-pi/4, pi/4] the first term left out is below half a unit in the last place.
    sine = fma(square, -1.0 / 1307674368000.0, 1.0 / 6227020800.0)
    sine = fma(square, sine, -1.0 / 39916800.0)
    sine = fma(square, sine, 1.0 / 362880.0)
    sine = fma(square, sine, -1.0 / 5040.0)
    sine = fma(square, sine, 1.0 / 120.0)
    sine = fma(square, sine, -1.0 / 6.0)
    sine = fma(rest * square, sine, rest)
    cosine = fma(square, 1.0 / 20922789888000.0, -1.0 / 87178291200.0)
    cosine = fma(square, cosine, 1.0 / 479001600.0)
    cosine = fma(square, cosine, -1.0 / 3628800.0)
    cosine = fma(square, cosine, 1.0 / 40320.0)
    cosine = fma(square, cosine, -1.0 / 720.0)
    cosine = fma(square, cosine, 1.0 / 24.0)
    cosine = fma(square, cosine, -0.5)
    cosine = fma(square, cosine, 1.0)
    quadrant = int(turns) & 3
    if quadrant & 1:
        cosine, sine = sine, cosine
    if (quadrant + 1) & 2:
        cosine = -cosine
    if quadrant & 2:
        sine = -sine
    return cosine, sine


@inlined
def fill_angles(code: Any, numbers: Any, rows: Any, first: int, columns: Any, angles: Any) -> None:
    """Evaluate every slot at the rows from ``first``; lanes beyond the last row repeat it.

    Args:
        code: The tape.
        numbers: The numbers that it points to.
        rows: What angles are affine in [R, C].
        first: The row of the first lane.
        columns: Workspace [C, lanes], flat.
        angles: Where angles go to [slots, lanes], flat.
    """
    at = code[SLOTS]
    slots, num_columns = code[at - 1], rows.shape[1]
    lanes = angles.size // max(slots, 1)
    for lane in range(lanes):
        row = min(first + lane, rows.shape[0] - 1)
        for column in range(num_columns):
            columns[column * lanes + lane] = rows[row, column]
    vectors = lanes // num_lanes(angles)
    for slot in range(slots):
        constant, terms = numbers[code[at]], code[at + 1]
        for vector in range(vectors):
            angle = splat(constant, load(angles, 0))
            for term in range(at + 2, at + 2 + 2 * terms, 2):
                coefficient = splat(numbers[code[term + 1]], angle)
                angle = fma(coefficient, load(columns, code[term] * vectors + vector), angle)
            store(angles, slot * vectors + vector, angle)
        at += 2 + 2 * terms


@inlined
def fill_waves(code: Any, angles: Any, work: Any) -> None:
    """Write the cosine and the sine of every angle into the workspace."""
    cosines = work[code[COSINES_AT] * num_lanes(work) :]
    sines = work[code[SINES_AT] * num_lanes(work) :]
    for index in range(angles.size):
        cosines[index], sines[index] = cosine_and_sine(angles[index])
    for index in range(angles.size):
        if not abs(angles[index]) < _LIMIT:
            cosines[index], sines[index] = math.cos(angles[index]), math.sin(angles[index])
