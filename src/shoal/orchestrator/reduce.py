"""Committed blocks to a primitive's result: streaming, in parts that may be reduced anywhere.

All blocks that share a range of a program's rows are reduced together, and no two ranges meet: so
neither the order nor the partitioning can be seen in a single bit of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from qiskit.primitives import PrimitiveResult

from ..primitives.estimates import GroupEstimates, RangeReduction
from ..primitives.mitigation.rereduce import plan_of_reduce, workload_of_reduce
from ..primitives.mitigation.resilience import Resilience
from ..primitives.options import EstimatorOptions, SamplerOptions
from ..primitives.outcomes import BlockOutcome, EngineRecord
from ..primitives.request import Request
from ..primitives.results import (
    EstimateTable,
    ShotArrays,
    estimator_result,
    mitigated_result,
    sampler_result,
)
from ..primitives.workload import Workload

Partition = tuple[int, ...]
"""Block numbers, rising: whole ranges of rows, with all the slices of their shots."""

BLOCKS_A_PARTITION = 64


class Outcomes(Protocol):
    """Whatever gives committed blocks back: a store, its reader, or a test's list."""

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read blocks, each once, in the order given."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PartialResult:
    """What is left of a partition: estimates, and the first block's engine of each program."""

    estimates: tuple[GroupEstimates, ...]
    records: Mapping[int, tuple[int, EngineRecord]]
    """Of each program: a block, and what ran it."""


MapPartitions = Callable[[Sequence[Partition]], Iterable[PartialResult]]
"""Reduces partitions somewhere and brings them back in any order."""


def partitions(workload: Workload, size: int = BLOCKS_A_PARTITION) -> list[Partition]:
    """Cut a workload's blocks into parts that can be reduced apart from each other.

    Args:
        workload: The workload.
        size: Blocks of a partition, or more where a range of rows has more.
    """
    found: list[Partition] = []
    open_blocks: list[int] = []
    for _, members in groupby(workload.blocks, key=lambda block: (block.program, block.start)):
        open_blocks += [block.index for block in members]
        if len(open_blocks) >= size:
            found.append(tuple(open_blocks))
            open_blocks = []
    return [*found, tuple(open_blocks)] if open_blocks else found


def reduce_partition(workload: Workload, source: Outcomes, blocks: Partition) -> PartialResult:
    """Estimate everything that a partition's blocks have data for.

    Args:
        workload: The whole workload.
        source: Where the blocks' outcomes are read from.
        blocks: One of the workload's partitions.

    Returns:
        Estimates of the partition's rows: some floats a row, whatever the number of shots.
    """
    estimates: list[GroupEstimates] = []
    records: dict[int, tuple[int, EngineRecord]] = {}
    reduction = RangeReduction(workload)
    for outcome in source.outcomes(blocks):
        program = workload.blocks[outcome.block].program
        records.setdefault(program, (outcome.block, outcome.record))
        # The slices of a range follow each other, and each is given up for the next.
        if reduction.add(outcome):
            estimates.extend(reduction.estimates())
            reduction = RangeReduction(workload)
    return PartialResult(tuple(estimates), records)


def reduce_blocks(
    request: Request,
    workload: Workload,
    source: Outcomes,
    map_partitions: MapPartitions | None = None,
    options: EstimatorOptions | SamplerOptions | None = None,
) -> PrimitiveResult:
    """Reduce all of a job's blocks to its result.

    Args:
        request: What was asked.
        workload: Its expansion.
        source: Where the outcomes are read from; all blocks are committed.
        map_partitions: Reduces an estimator's partitions elsewhere; ``None``: here, one by one.
        options: Other options of mitigation than the request's.

    Raises:
        RequestError: These options need what was never run.

    Returns:
        The result. Memory holds it and one partition, not the shots of an estimator.
    """
    plan = None if options is None else plan_of_reduce(request, options)
    if plan is not None:
        workload = workload_of_reduce(workload, plan)
    if request.primitive == "sampler":
        return _sampler(request, workload, source, plan)
    if workload.families:
        outcomes = source.outcomes(block.index for block in workload.blocks)
        return mitigated_result(request, workload, outcomes, plan)
    table = EstimateTable(workload)
    records: dict[int, tuple[int, EngineRecord]] = {}
    parts = partitions(workload)
    here = (reduce_partition(workload, source, part) for part in parts)
    for partial in map_partitions(parts) if map_partitions is not None else here:
        for estimates in partial.estimates:
            table.add(estimates)
        for program, found in partial.records.items():
            records[program] = min(records.get(program, found), found, key=lambda pair: pair[0])
    engines = {program: record for program, (_, record) in sorted(records.items())}
    return estimator_result(request, workload, table, engines)


def _sampler(
    request: Request, workload: Workload, source: Outcomes, plan: Resilience | None
) -> PrimitiveResult:
    arrays = ShotArrays(request, workload)
    engines: dict[int, EngineRecord] = {}
    for outcome in source.outcomes(block.index for block in workload.blocks):
        engines.setdefault(workload.blocks[outcome.block].program, outcome.record)
        arrays.add(outcome)
    return sampler_result(request, workload, arrays, engines, plan)
