"""Random frames and signs as an Arrow table: what turns raw shots into readings, kept apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..primitives.workload import Program, Workload

FLIPS_PREFIX = "flips_"
"""Before a classical register's name, as `shots.BITS_PREFIX` is."""

_LETTERS = np.frombuffer(b"IXYZ", dtype=np.uint8)


def randomization_table(workload: Workload) -> pa.Table | None:
    """List the random frames of every row that has any.

    Args:
        workload: The workload.

    Returns:
        Columns ``program``, ``row``, ``rand_id`` (the randomization of its point), ``sign`` (what
        readings are multiplied by), ``gamma`` (and their mean), ``frame`` (the Pauli label before
        an estimator's or a calibration's measurement; it flips a bit whose basis has another
        letter there), and ``flips_<register>`` (what to XOR to a sampler's bits); null where a
        program has none. ``None`` where nothing is random.
    """
    programs = [program for program in workload.programs if _is_random(program)]
    if not programs:
        return None
    registers = sorted({name for program in programs for name in program.flips or ()})
    tables = [_rows_of(program, registers) for program in programs]
    return pa.concat_tables(tables)


def _is_random(program: Program) -> bool:
    return any(one is not None for one in (program.frames, program.signs, program.flips))


def _rows_of(program: Program, registers: list[str]) -> pa.Table:
    rows = np.arange(program.num_rows, dtype=np.int64)
    signs = np.ones(rows.size, np.int64) if program.signs is None else program.signs
    columns = {
        "program": pa.array(np.full(rows.size, program.index, dtype=np.int32)),
        "row": pa.array(rows),
        "rand_id": pa.array((rows % program.randomizations).astype(np.int32)),
        "sign": pa.array(signs.astype(np.int8)),
        "gamma": pa.array(np.full(rows.size, program.gamma)),
        "frame": _labels(program),
    }
    for name in registers:
        flips = None if program.flips is None else program.flips.get(name)
        found = [None] * rows.size if flips is None else [one.tobytes() for one in flips]
        columns[FLIPS_PREFIX + name] = pa.array(found, pa.binary())
    return pa.table(columns)


def _labels(program: Program) -> pa.Array:
    if program.frames is None:
        return pa.nulls(program.num_rows, pa.string())
    letters = _LETTERS[program.frames[:, ::-1]]
    return pa.array([row.tobytes().decode() for row in letters], pa.string())
