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
    # All loops are here, since each function on the way costs a compilation of what it calls.
    lanes = num_lanes(work)
    for batch in range(batches[0], batches[1]):
        is_first = batch == batches[0]
        fill_angles(code, numbers, rows, batch * lanes, columns, angles)
        fill_waves(code, angles, work)
        fill_matrices(code, numbers, work, is_first)
        fill_tables(code, work, is_first)
        _clear_outputs(code, work)
        at = code[PASSES]
        for _ in range(code[at - 1]):
            source, target, bits, pivots = code[at + 1], code[at + 2], code[at + 3], code[at + 5]
            vectors = at + 6
            piece = 0
            for _ in range(code[at + 4]):
                _gather(code, source, vectors, bits, piece, work)
                step = vectors + bits + 2
                # The vacuum is in its first piece: in the others there is nothing to work on.
                for _ in range(code[step - 1] if piece == 0 or source != NOWHERE else 0):
                    _run_step(code, step, piece, numbers, work)
                    step += code[step + 1]
                if target != NOWHERE:
                    _scatter(code, target, vectors, bits, piece, work)
                piece = ((piece | pivots) + 1) & ~pivots
            at += code[at]
        _copy_outputs(code, work, batch * lanes, outputs)


@inlined
def _clear_outputs(code: Any, work: Any) -> None:
    zero = splat(0.0, load(work, 0))
    for output in range(code[NUM_OUTPUTS]):
        store(work, output, zero)


@inlined
def _copy_outputs(code: Any, work: Any, first: int, outputs: Any) -> None:
    lanes = num_lanes(work)
    used = min(lanes, outputs.shape[0] - first)
    for output in range(code[NUM_OUTPUTS]):
        for lane in range(used):
            outputs[first + lane, output] = work[output * lanes + lane]


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
