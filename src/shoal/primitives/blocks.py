"""How a workload is cut into blocks: by the request alone, never by the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from qiskit import QuantumCircuit

from .bases import measured_qubits
from .bonds import LANES
from .workload import Block, NominalCost, Program, Variant, Workload

MIN_ROWS, MAX_ROWS, BLOCKS_WANTED = 64, 1 << 14, 16
"""Bounds of a block's rows, and how many blocks a program of middling size is cut into."""

MAX_TABLE_ROWS = 1 << 22
"""Entries of a block's shot table at the most."""

MAX_BLOCK_SECONDS = 2.0
"""Nominal cost of a block at the most, so that little is lost when a worker dies."""

MAX_JOINED_SECONDS = 0.1
"""Nominal cost of blocks put together at the most, so that a job is soon cancelled."""

MIN_SLICE_SHOTS = 16
"""Shots that are simulated one by one are cut no finer than this."""


def cut_blocks(
    programs: Sequence[Program], variants: Sequence[Variant], costs: Sequence[NominalCost]
) -> Iterator[Block]:
    """Cut every program's rows, and long rows' shots, into blocks.

    Args:
        programs: All programs of a workload.
        variants: All of their variants.
        costs: What a row of each program costs.

    Yields:
        Blocks numbered from 0, in the order of programs, rows and slices.
    """
    index = 0
    by_program: dict[int, list[Variant]] = {}
    for variant in variants:
        by_program.setdefault(variant.program, []).append(variant)
    for program, cost in zip(programs, costs, strict=True):
        members = by_program.get(program.index, [])
        if not members:
            continue
        rows, slices = block_size(program, members, cost)
        for start in range(0, program.num_rows, rows):
            stop = min(start + rows, program.num_rows)
            for slice_index in range(slices):
                yield Block(index, program.index, start, stop, slice_index, slices)
                index += 1


def joined_blocks(workload: Workload) -> Workload:
    """Put neighbouring blocks together where nothing is random, for who loses none of them.

    A block is an engine's call and a step of the reduce. Exact values are a function of their own
    row, so they have the same bits in blocks of any size.

    Args:
        workload: Any; one that draws shots is returned as it is.
    """
    joined: tuple[Block, ...] | None = workload.derived.get("joined blocks")
    if joined is None:
        is_exact = all(variant.is_exact for variant in workload.variants)
        joined = tuple(_joined(workload)) if is_exact else workload.blocks
        workload.derived["joined blocks"] = joined
    return workload.like(blocks=joined)


def _joined(workload: Workload) -> Iterator[Block]:
    index = 0
    for program, cost in zip(workload.programs, workload.costs, strict=True):
        blocks = [block for block in workload.blocks if block.program == program.index]
        if not blocks:
            continue
        values = _values([one for one in workload.variants if one.program == program.index])
        most = min(MAX_ROWS, MAX_TABLE_ROWS // max(values, 1))
        most = max(min(most, int(MAX_JOINED_SECONDS / cost.row_seconds())), 1)
        edges = [0]
        for block, following in pairwise(blocks):
            if following.stop - edges[-1] > most:
                edges.append(block.stop)
        edges.append(blocks[-1].stop)
        for start, stop in pairwise(edges):
            yield Block(index, program.index, start, stop)
            index += 1


def block_size(program: Program, variants: Sequence[Variant], cost: NominalCost) -> tuple[int, int]:
    """Choose how many rows a block has, and into how many slices its shots are cut.

    Args:
        program: The program.
        variants: Its variants.
        cost: What a row of it costs.

    Returns:
        Rows of a block, and slices of every row's shots.
    """
    entries = max(1, sum(_table_rows(program.circuit, variant) for variant in variants))
    shots = min((variant.shots or 0 for variant in variants), default=0)
    by_table = max(1, min(-(-entries // MAX_TABLE_ROWS), shots))
    by_cost = min(ceil(cost.shot_seconds / MAX_BLOCK_SECONDS), shots // MIN_SLICE_SHOTS)
    slices = max(by_table, by_cost)
    seconds = cost.row_seconds(slices)
    wanted = min(max(-(-program.num_rows // BLOCKS_WANTED), MIN_ROWS), MAX_ROWS)
    bound_by_table = MAX_TABLE_ROWS // max(-(-entries // slices), _values(variants))
    bound_by_cost = int(MAX_BLOCK_SECONDS / seconds)
    if bound_by_cost > 1:
        bound_by_cost = max(bound_by_cost, LANES)
    return max(1, min(wanted, bound_by_table, bound_by_cost)), slices


def _values(variants: Sequence[Variant]) -> int:
    """Count the exact values of a row."""
    return sum(len(variant.terms) for variant in variants if variant.is_exact)


def _table_rows(circuit: QuantumCircuit, variant: Variant) -> int:
    """Count the entries of one row's shots: repeated strings are kept once, with a count."""
    if variant.shots is None:
        return 0
    bits = len(measured_qubits(variant.basis)) if variant.basis else circuit.num_clbits
    return min(variant.shots, 1 << min(bits, 62))
