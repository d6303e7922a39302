"""The one kernel: runs a tape at many rows of parameters."""

from __future__ import annotations

from typing import Any

from ..opcodes import (
    BLOCK_AT,
    COPY_AT,
    DENSE,
    DIAGONAL,
    MARGINAL,
    NOWHERE,
    NUM_OUTPUTS,
    PASSES,
    ROTATE,
    ROTATE_X,
    ROTATE_Y,
    SPECTRUM,
    STATE,
    STATE_AT,
    TERM,
)
from .angles import fill_angles, fill_waves
from .jit import inlined, kernel
from .lanes import load, num_lanes, splat, store, trailing_zeros
from .maps import map_dense, multiply_phases
from .matrices import fill_matrices
from .readings import add_marginal, add_term, copy_amplitudes
from .rotations import rotate, rotate_x, rotate_y
from .spectra import add_spectrum
from .tables import fill_tables


@kernel
def run_rows(
    code: Any,
    numbers: Any,
    rows: Any,
    batches: tuple[int, int],
    columns: Any,
    angles: Any,
    work: Any,
    outputs: Any,
) -> None:
    """Run a tape at the rows of some batches.

    Args:
        code: The tape: see ``opcodes``.
        numbers: The numbers that it points to.
        rows: Columns that angles are affine in [R, C].
        batches: First batch, and one past the last.
        columns: Workspace [C, lanes], flat.
        angles: Workspace [slots, lanes], flat.
        work: Workspace, flat; its type is the precision of the amplitudes.
        outputs: What is read [R, outputs]; written at the rows of the batches only.
    """
    lanes = num_lanes(work)
    for batch in range(batches[0], batches[1]):
        is_first = batch == batches[0]
        fill_angles(code, numbers, rows, batch * lanes, columns, angles)
        fill_waves(code, angles, work)
        fill_matrices(code, numbers, work, is_first)
        fill_tables(code, work, is_first)
        for output in range(code[NUM_OUTPUTS]):
            store(work, output, splat(0.0, load(work, output)))
        at = code[PASSES]
        for _ in range(code[at - 1]):
            _run_pass(code, at + 1, numbers, work)
            at += code[at]
        for lane in range(min(lanes, rows.shape[0] - batch * lanes)):
            for output in range(code[NUM_OUTPUTS]):
                outputs[batch * lanes + lane, output] = work[output * lanes + lane]


@inlined
def _run_pass(code: Any, at: int, numbers: Any, work: Any) -> None:
    """Operands: source, target, bits, pieces, pivots, vectors and a 0, steps."""
    source, target, bits, pivots = code[at], code[at + 1], code[at + 2], code[at + 4]
    vectors = at + 5
    piece = 0
    for _ in range(code[at + 3]):
        _gather(code, source, vectors, bits, piece, work)
        if piece == 0 or source != NOWHERE:
            _run_steps(code, vectors + bits + 1, piece, numbers, work)
        if target != NOWHERE:
            _scatter(code, target, vectors, bits, piece, work)
        piece = ((piece | pivots) + 1) & ~pivots


@inlined
def _run_steps(code: Any, at: int, piece: int, numbers: Any, work: Any) -> None:
    steps = code[at]
    at += 1
    for _ in range(steps):
        _run_step(code, at, piece, numbers, work)
        at += code[at + 1]


@inlined
def _run_step(code: Any, at: int, piece: int, numbers: Any, work: Any) -> None:
    opcode = code[at]
    if opcode == ROTATE:
        rotate(code, at + 2, piece, work)
    elif opcode == ROTATE_X:
        rotate_x(code, at + 2, piece, work)
    elif opcode == ROTATE_Y:
        rotate_y(code, at + 2, piece, work)
    elif opcode == DIAGONAL:
        multiply_phases(code, at + 2, piece, work)
    elif opcode == DENSE:
        map_dense(code, at + 2, piece, numbers, work)
    elif opcode == TERM:
        add_term(code, at + 2, piece, numbers, work)
    elif opcode == SPECTRUM:
        add_spectrum(code, at + 2, piece, numbers, work)
    elif opcode == MARGINAL:
        add_marginal(code, at + 2, piece, work)
    else:
        copy_amplitudes(code, at + 2, piece, work)


@inlined
def _gather(code: Any, source: int, vectors: int, bits: int, piece: int, work: Any) -> None:
    block = code[BLOCK_AT]
    if source == NOWHERE:
        zero = splat(0.0, load(work, block))
        for place in range(2 << bits):
            store(work, block + place, zero)
        if piece == 0:
            store(work, block, splat(1.0, zero))
        return
    state = code[STATE_AT] if source == STATE else code[COPY_AT]
    amplitude = piece
    for count in range(1, (1 << bits) + 1):
        place = (count - 1) ^ ((count - 1) >> 1)
        store(work, block + 2 * place, load(work, state + 2 * amplitude))
        store(work, block + 2 * place + 1, load(work, state + 2 * amplitude + 1))
        amplitude ^= code[vectors + trailing_zeros(count)]


@inlined
def _scatter(code: Any, target: int, vectors: int, bits: int, piece: int, work: Any) -> None:
    block = code[BLOCK_AT]
    state = code[STATE_AT] if target == STATE else code[COPY_AT]
    amplitude = piece
    for count in range(1, (1 << bits) + 1):
        place = (count - 1) ^ ((count - 1) >> 1)
        store(work, state + 2 * amplitude, load(work, block + 2 * place))
        store(work, state + 2 * amplitude + 1, load(work, block + 2 * place + 1))
        amplitude ^= code[vectors + trailing_zeros(count)]
