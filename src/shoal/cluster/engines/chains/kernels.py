"""Compiled loops over tensors: one number is two vectors of lanes, one row a lane.

A tensor [m, l, 2, r] of m vectors of rows has numbers (real, imaginary) at ``((b l + i) 2 + s) r +
j``; matrices for one qubit, [m, rank, 4].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batched.kernels.angles import cosine_and_sine
from ..batched.kernels.jit import inlined, kernel
from ..batched.kernels.lanes import fma, load, splat, store

_TURN = 2 * np.pi
_FAR = 1e5


@kernel
def fill_waves(angles: Any, scale: float, cosines: Any, sines: Any) -> None:
    """Write the cosines and sines of scaled angles."""
    for place in range(angles.size):
        angle = scale * angles[place]
        if abs(angle) > _FAR:
            angle = np.fmod(angle, _TURN)
        cosines[place], sines[place] = cosine_and_sine(angle)


@inlined
def _times(ar: Any, ai: Any, br: Any, bi: Any, re: Any, im: Any) -> tuple[Any, Any]:
    """Return ``a b + c``."""
    return fma(ar, br, fma(-ai, bi, re)), fma(ar, bi, fma(ai, br, im))


@kernel
def multiply(count: int, rank: int, later: Any, earlier: Any, out: Any) -> None:
    """Write the products of each of ``rank`` matrices with the one matrix that acted before."""
    for batch in range(count):
        for factor in range(rank):
            for row in range(2):
                for column in range(2):
                    zero = splat(0.0, load(later, 0))
                    re, im = zero, zero
                    for k in range(2):
                        one = 2 * ((batch * rank + factor) * 4 + 2 * row + k)
                        other = 2 * (batch * 4 + 2 * k + column)
                        re, im = _times(
                            load(later, one),
                            load(later, one + 1),
                            load(earlier, other),
                            load(earlier, other + 1),
                            re,
                            im,
                        )
                    place = 2 * ((batch * rank + factor) * 4 + 2 * row + column)
                    store(out, place, re)
                    store(out, place + 1, im)


@kernel
def act(
    shape: tuple[int, int, int], rank: int, grows_left: bool, factors: Any, tensor: Any, out: Any
) -> None:
    """Let matrices act on a tensor [m, l, 2, r]; their number joins one of its bonds, as last."""
    count, left, right = shape
    wide = right if grows_left else right * rank
    for batch in range(count):
        for factor in range(rank):
            at = 8 * (batch * rank + factor)
            ar, ai, br, bi = (
                load(factors, at),
                load(factors, at + 1),
                load(factors, at + 2),
                load(factors, at + 3),
            )
            cr, ci, dr, di = (
                load(factors, at + 4),
                load(factors, at + 5),
                load(factors, at + 6),
                load(factors, at + 7),
            )
            zero = splat(0.0, ar)
            for i in range(left):
                row = (batch * left + i) * rank + factor if grows_left else batch * left + i
                for j in range(right):
                    first = 2 * ((batch * left + i) * 2 * right + j)
                    second = first + 2 * right
                    xr, xi = load(tensor, first), load(tensor, first + 1)
                    yr, yi = load(tensor, second), load(tensor, second + 1)
                    place = 2 * (row * 2 * wide + (j if grows_left else j * rank + factor))
                    re, im = _times(br, bi, yr, yi, zero, zero)
                    re, im = _times(ar, ai, xr, xi, re, im)
                    store(out, place, re)
                    store(out, place + 1, im)
                    re, im = _times(dr, di, yr, yi, zero, zero)
                    re, im = _times(cr, ci, xr, xi, re, im)
                    store(out, place + 2 * wide, re)
                    store(out, place + 2 * wide + 1, im)


@kernel
def push(
    shape: tuple[int, int, int], side: Any, ket: Any, bra: Any, between: Any, out: Any
) -> None:
    """Take the tensors of one more qubit into what is summed up on its left.

    Args:
        shape: m, l, r.
        side: Sums [m, l, l], the bra's bond first.
        ket: Tensor [m, l, 2, r].
        bra: Tensor [m, l, 2, r], which is conjugated.
        between: Room for l * 2 * r numbers.
        out: Sums [m, r, r].
    """
    count, left, right = shape
    for batch in range(count):
        of_side, of_tensor = batch * left * left, batch * left * 2 * right
        for i in range(left):
            row, out_row = of_side + i * left, i * 2 * right
            _row_times(side, row, 1, 1.0, ket, of_tensor, 2 * right, left, between, out_row)
        for i in range(right):
            column, out_row = of_tensor + i, (batch * right + i) * right
            _row_times(bra, column, right, -1.0, between, 0, right, 2 * left, out, out_row)


@inlined
def _row_times(
    one: Any,
    row: int,
    step: int,
    sign: float,
    other: Any,
    first: int,
    width: int,
    depth: int,
    out: Any,
    out_row: int,
) -> None:
    """Multiply a row of numbers with a matrix.

    Args:
        one: Holds the row.
        row: Its first number.
        step: From one of its numbers to the next.
        sign: -1 where it is conjugated, else 1.
        other: Holds the matrix [depth, width].
        first: Its first number.
        width: How many sums there are.
        depth: How many products each has.
        out: Where the sums go.
        out_row: The first of them.
    """
    zero = splat(0.0, load(one, 0))
    signs = splat(sign, zero)
    fours = width - width % 4
    # Four sums at a time: one alone would wait for its own last addition.
    for column in range(0, fours, 4):
        ar = ai = br = bi = cr = ci = dr = di = zero
        for k in range(depth):
            at, place = 2 * (row + k * step), 2 * (first + k * width + column)
            xr, xi = load(one, at), signs * load(one, at + 1)
            ar, ai = _times(xr, xi, load(other, place), load(other, place + 1), ar, ai)
            br, bi = _times(xr, xi, load(other, place + 2), load(other, place + 3), br, bi)
            cr, ci = _times(xr, xi, load(other, place + 4), load(other, place + 5), cr, ci)
            dr, di = _times(xr, xi, load(other, place + 6), load(other, place + 7), dr, di)
        at = 2 * (out_row + column)
        store(out, at, ar)
        store(out, at + 1, ai)
        store(out, at + 2, br)
        store(out, at + 3, bi)
        store(out, at + 4, cr)
        store(out, at + 5, ci)
        store(out, at + 6, dr)
        store(out, at + 7, di)
    for column in range(fours, width):
        ar = ai = zero
        for k in range(depth):
            at, place = 2 * (row + k * step), 2 * (first + k * width + column)
            xr, xi = load(one, at), signs * load(one, at + 1)
            ar, ai = _times(xr, xi, load(other, place), load(other, place + 1), ar, ai)
        store(out, 2 * (out_row + column), ar)
        store(out, 2 * (out_row + column) + 1, ai)


@kernel
def join(count: int, size: int, left: Any, right: Any, out: Any) -> None:
    """Write the real parts [m] of the sums of products of two sides [m, size]."""
    for batch in range(count):
        total = splat(0.0, load(left, 0))
        for k in range(size):
            place = 2 * (batch * size + k)
            total = fma(load(left, place), load(right, place), total)
            total = fma(-load(left, place + 1), load(right, place + 1), total)
        store(out, batch, total)
