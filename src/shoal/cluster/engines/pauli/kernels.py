"""Compiled loops over Pauli components.

Of many rows one component is a vector of lanes, one row a lane. Of a single row a vector holds
neighbouring components, which differ in the lowest two qubits only; operations on these two take
components one by one. Either way each component is computed by the same operations: a row has the
same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batched.kernels.angles import cosine_and_sine
from ..batched.kernels.jit import inlined, kernel
from ..batched.kernels.lanes import fma, load, num_lanes, splat, store
from .tape import DENSE, FIXED, LOCAL, LOCAL_UNITAL, PAIR_TURN, PERMUTATION

_TURN = 2 * np.pi
_LOW_BITS = 0x5555555555555555
"""The lower bit of every digit of base 4."""
_FAR = 1e5


@inlined
def _prepare(work: Any, size: int) -> None:
    """Put all qubits in 0: the components of products of I and Z are 1, all others 0."""
    one, zero = splat(1.0, load(work, 0)), splat(0.0, load(work, 0))
    for index in range(size):
        is_diagonal = (index ^ (index >> 1)) & _LOW_BITS == 0
        store(work, index, one if is_diagonal else zero)


@inlined
def _multiply_map(maps: Any, where: int, matrix: Any) -> None:
    for j in range(4):
        a, b, c, d = matrix[0, j], matrix[1, j], matrix[2, j], matrix[3, j]
        for i in range(4):
            matrix[i, j] = (
                maps[where, i, 0] * a
                + maps[where, i, 1] * b
                + maps[where, i, 2] * c
                + maps[where, i, 3] * d
            )


@inlined
def _cosine_and_sine(angle: float) -> tuple[float, float]:
    if abs(angle) > _FAR:
        angle = np.fmod(angle, _TURN)
    return cosine_and_sine(angle)


@inlined
def _multiply_turn(axis: int, angle: float, matrix: Any) -> None:
    cosine, sine = _cosine_and_sine(angle)
    one, other = (axis + 1) % 3 + 1, (axis + 2) % 3 + 1
    for j in range(4):
        a, b = matrix[one, j], matrix[other, j]
        matrix[one, j] = cosine * a - sine * b
        matrix[other, j] = sine * a + cosine * b


@inlined
def _fill_local(
    factors: Any, maps: Any, first: int, last: int, angles: Any, rows: Any, work: Any, at: int
) -> None:
    """Multiply the factors of a local channel for each lane's row."""
    lanes, matrix = num_lanes(work), np.empty((4, 4))
    for lane in range(lanes):
        row = min(rows[0] + lane, rows[1] - 1)
        for i in range(4):
            for j in range(4):
                matrix[i, j] = 1.0 if i == j else 0.0
        for factor in range(first, last):
            kind, where = factors[factor, 0], factors[factor, 1]
            if kind == FIXED:
                _multiply_map(maps, where, matrix)
            else:
                _multiply_turn(kind, angles[row, where], matrix)
        for i in range(3):
            for j in range(4):
                work[(at + 4 * i + j) * lanes + lane] = matrix[i + 1, j]


@inlined
def _fill_turn(angles: Any, slot: int, rows: Any, work: Any, at: int) -> None:
    lanes = num_lanes(work)
    for lane in range(lanes):
        cosine, sine = _cosine_and_sine(angles[min(rows[0] + lane, rows[1] - 1), slot])
        work[at * lanes + lane] = cosine
        work[(at + 1) * lanes + lane] = sine


@inlined
def _local(work: Any, size: int, step: int, at: int, is_unital: bool) -> None:
    xi, xx, xy, xz = load(work, at), load(work, at + 1), load(work, at + 2), load(work, at + 3)
    yi, yx, yy, yz = load(work, at + 4), load(work, at + 5), load(work, at + 6), load(work, at + 7)
    zi, zx, zy, zz = (
        load(work, at + 8),
        load(work, at + 9),
        load(work, at + 10),
        load(work, at + 11),
    )
    for block in range(0, size, 4 * step):
        for index in range(block, block + step):
            x = load(work, index + step)
            y = load(work, index + 2 * step)
            z = load(work, index + 3 * step)
            new_x = fma(xx, x, fma(xy, y, xz * z))
            new_y = fma(yx, x, fma(yy, y, yz * z))
            new_z = fma(zx, x, fma(zy, y, zz * z))
            if not is_unital:
                i = load(work, index)
                new_x, new_y, new_z = fma(xi, i, new_x), fma(yi, i, new_y), fma(zi, i, new_z)
            store(work, index + step, new_x)
            store(work, index + 2 * step, new_y)
            store(work, index + 3 * step, new_z)


@inlined
def _permute(
    work: Any, at: int, low: int, high: int, source: Any, weight: Any, scratch: int
) -> None:
    for k in range(16):
        store(work, scratch + k, load(work, at + (k & 3) * low + (k >> 2) * high))
    for k in range(16):
        if source[k] == k and weight[k] == 1.0:
            continue
        value = load(work, scratch + source[k])
        store(work, at + (k & 3) * low + (k >> 2) * high, splat(weight[k], value) * value)


@inlined
def _multiply(work: Any, at: int, low: int, high: int, matrix: Any, scratch: int) -> None:
    for k in range(16):
        store(work, scratch + k, load(work, at + (k & 3) * low + (k >> 2) * high))
    for k in range(1, 16):
        first = load(work, scratch)
        total = splat(matrix[k, 0], first) * first
        for j in range(1, 16):
            value = load(work, scratch + j)
            total = fma(splat(matrix[k, j], value), value, total)
        store(work, at + (k & 3) * low + (k >> 2) * high, total)


@inlined
def _turn(work: Any, at: int, low: int, high: int, source: Any, weight: Any, matrix: int) -> None:
    cosine, sine = load(work, matrix), load(work, matrix + 1)
    for k in range(16):
        partner = source[k]
        if weight[k] == 0.0 or partner < k:
            continue
        here = at + (k & 3) * low + (k >> 2) * high
        there = at + (partner & 3) * low + (partner >> 2) * high
        a, b = load(work, here), load(work, there)
        signed = splat(weight[k], a) * sine
        store(work, here, fma(cosine, a, signed * b))
        store(work, there, fma(cosine, b, -signed * a))


@inlined
def _pairs(
    work: Any,
    size: int,
    steps: Any,
    at: int,
    operation: Any,
    sources: Any,
    weights: Any,
    matrices: Any,
) -> None:
    """Apply an operation on two qubits to every sixteen components that it mixes."""
    kind, row, scratch = operation[0], operation[3], at + 16
    low, high = steps
    for upper in range(0, size, 4 * high):
        for middle in range(upper, upper + high, 4 * low):
            for index in range(middle, middle + low):
                if kind == PERMUTATION:
                    _permute(work, index, low, high, sources[row], weights[row], scratch)
                elif kind == DENSE:
                    _multiply(work, index, low, high, matrices[row], scratch)
                else:
                    _turn(work, index, low, high, sources[row], weights[row], at)


@kernel
def run_rows(
    num_qubits: int,
    operations: Any,
    factors: Any,
    maps: Any,
    sources: Any,
    weights: Any,
    matrices: Any,
    angles: Any,
    share: Any,
    work: Any,
    wanted: Any,
    outputs: Any,
) -> None:
    """Run a tape at some batches of rows and write the wanted components.

    Args:
        num_qubits: Of the circuit.
        operations: See `Tape`, as the next five.
        factors: Factors of local channels.
        maps: Fixed channels on one qubit.
        sources: Of permutations and turns of pairs.
        weights: Of permutations and turns of pairs.
        matrices: Fixed channels on two qubits.
        angles: Of all turns [R, K].
        share: First batch, and one past the last.
        work: Room for 4**n + 32 vectors of lanes.
        wanted: Components [W].
        outputs: Where they go [R, W].
    """
    lanes, size = num_lanes(work), 1 << 2 * num_qubits
    for batch in range(share[0], share[1]):
        rows = batch * lanes, min((batch + 1) * lanes, outputs.shape[0])
        _prepare(work, size)
        for number in range(operations.shape[0]):
            operation = operations[number]
            kind = operation[0]
            if kind == LOCAL or kind == LOCAL_UNITAL:  # noqa: SIM109 - a test of two integers
                _fill_local(factors, maps, operation[3], operation[4], angles, rows, work, size)
                step = 1 << 2 * operation[1]
                _local(work, size, step, size, kind == LOCAL_UNITAL)
                continue
            if kind == PAIR_TURN:
                _fill_turn(angles, operation[4], rows, work, size)
            steps = 1 << 2 * operation[1], 1 << 2 * operation[2]
            _pairs(work, size, steps, size, operation, sources, weights, matrices)
        for row in range(rows[0], rows[1]):
            for number in range(wanted.size):
                outputs[row, number] = work[wanted[number] * lanes + row - rows[0]]


@inlined
def _spread_out(work: Any, at: int, count: int, single: Any, to: int) -> None:
    """Write the first lane of some vectors as single numbers."""
    lanes = num_lanes(work)
    for number in range(count):
        store(single, to + number, work[(at + number) * lanes])


@kernel
def run_single_rows(
    num_qubits: int,
    operations: Any,
    factors: Any,
    maps: Any,
    sources: Any,
    weights: Any,
    matrices: Any,
    angles: Any,
    share: Any,
    work: Any,
    single: Any,
    wanted: Any,
    outputs: Any,
) -> None:
    """Run a tape of at least three qubits at some rows, one after the other.

    Args:
        num_qubits: Of the circuit.
        operations: See `Tape`, as the next five.
        factors: Factors of local channels.
        maps: Fixed channels on one qubit.
        sources: Of permutations and turns of pairs.
        weights: Of permutations and turns of pairs.
        matrices: Fixed channels on two qubits.
        angles: Of all turns [R, K].
        share: First row, and one past the last.
        work: Room for 4**n numbers and 36 vectors of lanes.
        single: The same memory as a table [N, 1].
        wanted: Components [W].
        outputs: Where they go [R, W].
    """
    lanes, size = num_lanes(work), 1 << 2 * num_qubits
    vectors = size // lanes
    at, far = vectors, (vectors + 32) * lanes
    for row in range(share[0], share[1]):
        _prepare(single, size)
        for number in range(operations.shape[0]):
            operation = operations[number]
            kind, is_near = operation[0], 1 << 2 * operation[1] < lanes
            low, high = 1 << 2 * operation[1], 1 << 2 * operation[2]
            if kind == LOCAL or kind == LOCAL_UNITAL:  # noqa: SIM109 - a test of two integers
                first, last = operation[3], operation[4]
                _fill_local(factors, maps, first, last, angles, (row, row + 1), work, at)
                if is_near:
                    _spread_out(work, at, 12, single, far)
                    _local(single, size, low, far, kind == LOCAL_UNITAL)
                else:
                    _local(work, vectors, low // lanes, at, kind == LOCAL_UNITAL)
                continue
            if kind == PAIR_TURN:
                _fill_turn(angles, operation[4], (row, row + 1), work, at)
            if is_near:
                _spread_out(work, at, 2, single, far)
                _pairs(single, size, (low, high), far, operation, sources, weights, matrices)
            else:
                steps = low // lanes, high // lanes
                _pairs(work, vectors, steps, at, operation, sources, weights, matrices)
        for number in range(wanted.size):
            outputs[row, number] = work[wanted[number]]
