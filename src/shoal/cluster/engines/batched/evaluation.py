"""Runs a tape at rows of parameters, on as many threads as asked."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .lowering.columns import extend_rows
from .lowering.tape import Tape
from .opcodes import LANE_BYTES

FloatArray = NDArray[np.float64]
Precision = Literal["single", "double"]

SHARES_PER_THREAD = 4
"""Work is dealt out in this many pieces a thread, so that threads end together."""


def evaluate(
    tape: Tape, rows: FloatArray, threads: int, precision: Precision
) -> NDArray[np.floating]:
    """Run a tape.

    Args:
        tape: What to run.
        rows: Parameters [R, P].
        threads: How many threads run at most, the caller's included.
        precision: Of the amplitudes; angles are always computed in double precision.

    Returns:
        The tape's outputs [R, outputs]. A row of them depends on its own parameters alone: not on
        other rows, the number of threads or the processor.

    Raises:
        ValueError: The rows do not fit the circuit's parameters, or give an angle that is no
            finite real number.
    """
    if rows.ndim != 2 or rows.shape[1] != tape.num_parameters:
        raise ValueError(
            f"the circuit has {tape.num_parameters} parameters: expected rows of shape "
            f"(rows, {tape.num_parameters}), found {rows.shape}"
        )
    columns = extend_rows(rows, tape.formulas)
    kind = np.dtype(np.float32 if precision == "single" else np.float64)
    outputs = np.empty((rows.shape[0], tape.num_outputs), dtype=kind)
    lanes = LANE_BYTES // kind.itemsize
    batches = -(-rows.shape[0] // lanes)
    threads = max(1, min(threads, batches))
    shares = batches if threads == 1 else min(batches, threads * SHARES_PER_THREAD)
    bounds = (
        [batches * share // shares for share in range(shares + 1)] if threads > 1 else [0, batches]
    )
    left = deque(pairwise(bounds))
    if threads == 1:
        _work(tape, columns, outputs, left)
    else:
        with ThreadPoolExecutor(threads - 1) as pool:
            others = [pool.submit(_work, tape, columns, outputs, left) for _ in range(threads - 1)]
            _work(tape, columns, outputs, left)
            for other in others:
                other.result()
    return outputs


def _work(
    tape: Tape,
    columns: FloatArray,
    outputs: NDArray[np.floating],
    left: deque[tuple[int, int]],
) -> None:
    """Take shares until none is left."""
    # Importing numba takes a quarter of a second: only who evaluates pays for it.
    from .kernels.interpreter import run_rows

    lanes = LANE_BYTES // outputs.itemsize
    angles = np.empty((tape.num_slots, lanes))
    work = _aligned(tape.num_vectors * lanes, outputs.dtype)
    while left:
        try:
            share = left.popleft()
        except IndexError:
            return
        run_rows(tape.code, tape.numbers, columns, share, angles, work, outputs)


def _aligned(size: int, kind: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Return an array that starts at a cache line."""
    padded = np.empty(size + LANE_BYTES // kind.itemsize, dtype=kind)
    offset = -padded.ctypes.data % LANE_BYTES // kind.itemsize
    return padded[offset : offset + size]
