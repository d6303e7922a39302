"""What was asked, as Arrow tables that explain the shot table: parameters, variants, blocks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..primitives.observables import FloatArray
from ..primitives.request import Request
from ..primitives.workload import Workload


def parameter_table(request: Request, workload: Workload) -> pa.Table:
    """List every pub's parameter sets, with the program and row at which each is run.

    Args:
        request: The request.
        workload: Its expansion.

    Returns:
        Columns ``pub``, ``parameter`` (the set's position in the pub, in C order), ``program``,
        ``row`` (the first of the set's randomizations, where it has several) and ``values``, in
        the order of the circuit's own parameters.
    """
    next_point: dict[int, int] = defaultdict(int)
    counts, widths, programs = [], [], []
    rows: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    for pub, index in zip(request.pubs, workload.pubs, strict=True):
        count = _size(pub.parameters_shape)
        counts.append(count)
        widths.append(pub.parameters.shape[-1])
        programs.append(index.program)
        first, each = next_point[index.program], workload.programs[index.program].randomizations
        rows.append(np.arange(first, first + count) * each)
        next_point[index.program] += count
    values = [np.zeros(0), *(pub.parameters.reshape(-1) for pub in request.pubs)]
    return pa.table(
        {
            "pub": pa.array(np.repeat(np.arange(len(counts), dtype=np.int32), counts)),
            "parameter": pa.array(_positions(counts)),
            "program": pa.array(np.repeat(np.array(programs, dtype=np.int32), counts)),
            "row": pa.array(np.concatenate(rows)),
            "values": _lists(np.concatenate(values), np.repeat(widths, counts)),
        }
    )


def parameters_of(
    table: pa.Table, shapes: Sequence[tuple[int, ...]], widths: Sequence[int]
) -> list[FloatArray]:
    """Read each pub's parameter values back.

    Args:
        table: What `parameter_table` made.
        shapes: Each pub's shape of parameter sets.
        widths: Each pub's number of parameters.

    Returns:
        One array [*shape, P] a pub.
    """
    flat = table.column("values").combine_chunks().flatten().to_numpy()
    sizes = [_size(shape) * width for shape, width in zip(shapes, widths, strict=True)]
    pieces = np.split(flat, np.cumsum(sizes)[:-1]) if sizes else []
    return [
        np.array(piece, dtype=np.float64).reshape(*shape, width)
        for piece, shape, width in zip(pieces, shapes, widths, strict=True)
    ]


def variant_table(workload: Workload) -> pa.Table:
    """List the executed configurations.

    Args:
        workload: The workload.

    Returns:
        Columns ``variant_id``, ``program``, ``points`` (the program under which the parameter table
        has the same points; null: a calibration, which has none), ``role``, ``basis`` (null: none
        of ours), ``terms`` (which its values are in the order of), ``shots`` of a row (null:
        exact), ``noise_factor``, ``randomizations`` (rows in succession that are of one point) and
        ``rows`` (null: all of the program's).
    """
    variants = workload.variants
    points = {pub.program: pub.program for pub in workload.pubs}
    for family in workload.families:
        points |= dict.fromkeys(family.programs, family.programs[0])
    repeats = [workload.programs[v.program].randomizations for v in variants]
    return pa.table(
        {
            "variant_id": pa.array([v.index for v in variants], pa.int32()),
            "program": pa.array([v.program for v in variants], pa.int32()),
            "points": pa.array([points.get(v.program) for v in variants], pa.int32()),
            "role": pa.array([v.role for v in variants], pa.string()),
            "basis": pa.array([v.basis for v in variants], pa.string()),
            "terms": pa.array([v.terms for v in variants], pa.list_(pa.string())),
            "shots": pa.array([v.shots for v in variants], pa.int64()),
            "noise_factor": pa.array([v.noise_factor for v in variants], pa.float64()),
            "randomizations": pa.array(repeats, pa.int64()),
            "rows": pa.array([v.rows for v in variants], pa.list_(pa.int64())),
        }
    )


def block_table(workload: Workload) -> pa.Table:
    """List the units of execution.

    Args:
        workload: The workload.

    Returns:
        Columns ``block``, ``program``, ``start``, ``stop`` (rows), ``slice`` and ``slices`` of the
        shots.
    """
    blocks = workload.blocks
    return pa.table(
        {
            "block": pa.array([b.index for b in blocks], pa.int64()),
            "program": pa.array([b.program for b in blocks], pa.int32()),
            "start": pa.array([b.start for b in blocks], pa.int64()),
            "stop": pa.array([b.stop for b in blocks], pa.int64()),
            "slice": pa.array([b.slice_index for b in blocks], pa.int32()),
            "slices": pa.array([b.slices for b in blocks], pa.int32()),
        }
    )


def _positions(counts: Iterable[int]) -> NDArray[np.int64]:
    """Count from 0 in each of several runs."""
    lengths = np.array([*counts, 0], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum(), dtype=np.int64) - np.repeat(starts, lengths)


def _lists(flat: FloatArray, widths: NDArray[np.int64]) -> pa.Array:
    # Large lists: a request may have more than 2**31 numbers in all.
    offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(flat))


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)
