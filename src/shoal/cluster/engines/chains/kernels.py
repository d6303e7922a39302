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
            for column in range(2 * right):
                re = im = splat(0.0, load(side, 0))
                for k in range(left):
                    one = 2 * (of_side + i * left + k)
                    other = 2 * (of_tensor + k * 2 * right + column)
                    re, im = _times(
                        load(side, one),
                        load(side, one + 1),
                        load(ket, other),
                        load(ket, other + 1),
                        re,
                        im,
                    )
                place = 2 * (i * 2 * right + column)
                store(between, place, re)
                store(between, place + 1, im)
        for i in range(right):
            for j in range(right):
                re = im = splat(0.0, load(side, 0))
                for k in range(2 * left):
                    one, other = 2 * (of_tensor + k * right + i), 2 * (k * right + j)
                    re, im = _times(
                        load(bra, one),
                        -load(bra, one + 1),
                        load(between, other),
                        load(between, other + 1),
                        re,
                        im,
                    )
                place = 2 * ((batch * right + i) * right + j)
                store(out, place, re)
                store(out, place + 1, im)


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
