"""The Arrow schema of a job's raw shots and exact values: one for all of its segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from .bases import measured_qubits
from .outcomes import MEASURED_REGISTER, RegisterName
from .workload import Program, Variant, Workload

SHOT_SCHEMA = 1
"""Raised whenever the columns change their names, types or meaning."""

BITS_PREFIX = "bits_"
"""Before a classical register's name: the column of its packed bits."""

NO_RANDOMIZATION = -1


@dataclass(frozen=True, slots=True)
class ShotLayout:
    """How a job's shots are laid out as rows: all that a writer must know of the workload."""

    schema: pa.Schema
    randomizations: Mapping[int, int] = field(default_factory=dict)
    """Of each randomized variant: how many consecutive rows are randomizations of one point."""


def shot_layout(workload: Workload) -> ShotLayout:
    """Lay out a job's shots.

    Args:
        workload: The job's workload.
    """
    repeats = {v.index: workload.programs[v.program].randomizations for v in workload.variants}
    randomized = {variant: number for variant, number in repeats.items() if number > 1}
    return ShotLayout(shot_schema(workload), randomized)


def shot_schema(workload: Workload) -> pa.Schema:
    """Return the columns that every segment of a job has.

    One row is one shot, or one distinct string with its ``count``, or the exact values of one
    variant at one row of parameters (``count`` 0). Bits are raw, in exactly the bytes of Qiskit's
    ``BitArray``; null where a variant does not have the register. ``rand_id`` counts the
    randomizations of one point, -1 where there are none.

    Args:
        workload: The job's workload.

    Returns:
        ``variant_id``, ``row``, ``rand_id``, ``count``, a ``bits_<register>`` for each register, of
        fixed width where all variants agree on it, and ``values`` if any variant is exact.
    """
    fields = [
        pa.field("variant_id", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("rand_id", pa.int32(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
    for register, widths in sorted(_register_widths(workload).items()):
        # Parquet has no fixed width of 0, and some readers take 2 GB of one array at the most.
        is_fixed = len(widths) == 1 and min(widths) > 0
        kind = pa.binary(min(widths)) if is_fixed else pa.binary()
        fields.append(pa.field(BITS_PREFIX + register, kind))
    if any(variant.is_exact for variant in workload.variants):
        fields.append(pa.field("values", pa.list_(pa.float64())))
    return pa.schema(fields)


def registers_of(variant: Variant, program: Program) -> dict[RegisterName, int]:
    """Return the registers that a variant's shots fill, and how many bytes a shot has in each.

    Args:
        variant: The variant; an exact one fills none.
        program: Its program.
    """
    if variant.is_exact:
        return {}
    if variant.basis is not None:
        return {MEASURED_REGISTER: -(-len(measured_qubits(variant.basis)) // 8)}
    return {register.name: -(-register.size // 8) for register in program.circuit.cregs}


def _register_widths(workload: Workload) -> dict[RegisterName, set[int]]:
    found: dict[RegisterName, set[int]] = defaultdict(set)
    for variant in workload.variants:
        for register, width in registers_of(variant, workload.programs[variant.program]).items():
            found[register].add(width)
    return found
