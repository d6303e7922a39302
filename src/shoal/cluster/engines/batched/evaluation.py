"""Runs a tape at rows of parameters, on as many threads as asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .lowering.columns import extend_rows
from .lowering.tape import Tape
from .opcodes import LANE_BYTES
from .threads import Share, spread

FloatArray = NDArray[np.float64]
Precision = Literal["single", "double"]


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
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(
            f"parameter {column} is {rows[row, column]} at row {row}, where an angle must be finite"
        )
    # Importing numba takes a quarter of a second: only who evaluates pays for it.
    from .kernels.interpreter import run_rows

    columns = extend_rows(rows, tape.formulas)
    kind: np.dtype[np.floating] = np.dtype("f4" if precision == "single" else "f8")
    outputs = np.empty((rows.shape[0], tape.num_outputs), dtype=kind)
    lanes = LANE_BYTES // kind.itemsize

    def worker() -> Callable[[Share], None]:
        scratch = np.empty(columns.shape[1] * lanes)
        angles = np.empty(tape.num_slots * lanes)
        work = _aligned(tape.num_vectors * lanes, kind)
        return lambda share: run_rows(
            tape.code, tape.numbers, columns, share, scratch, angles, work, outputs
        )

    spread(worker, -(-rows.shape[0] // lanes), threads, tape.batch_seconds)
    return outputs


def _aligned(size: int, kind: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Return an array that starts at a cache line."""
    padded = np.empty(size + LANE_BYTES // kind.itemsize, dtype=kind)
    offset = -padded.ctypes.data % LANE_BYTES // kind.itemsize
    return padded[offset : offset + size]
