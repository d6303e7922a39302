"""Committed blocks to a primitive's result: streaming, in parts that may be reduced anywhere.

All blocks that share a range of a program's rows are reduced together, and no two ranges meet: so
neither the order nor the partitioning can be seen in a single bit of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from qiskit.primitives import PrimitiveResult

from ..primitives.estimates import GroupEstimates, RangeReduction
from ..primitives.mitigation.rereduce import plan_of_reduce, workload_of_reduce
from ..primitives.mitigation.resilience import Resilience, resilience_of
from ..primitives.options import EstimatorOptions, SamplerOptions
from ..primitives.outcomes import BlockOutcome, EngineRecord
from ..primitives.request import Request
from ..primitives.results import (
    EstimateTable,
    ShotArrays,
    estimator_result,
    finished_result,
    mitigated_result,
    sampler_result,
)
from ..primitives.workload import Workload

if TYPE_CHECKING:
    from ..primitives.mitigation.reduction import ReductionPart

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
    folded: ReductionPart | None = None
    """In the place of estimates, where these need all blocks."""


Records = dict[int, tuple[int, EngineRecord]]

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


def reduce_partition(
    workload: Workload, source: Outcomes, blocks: Partition, plan: Resilience | None = None
) -> PartialResult:
    """Estimate everything that a partition's blocks have data for, or fold what is mitigated.

    Args:
        workload: The whole workload.
        source: Where the blocks' outcomes are read from.
        blocks: One of the workload's partitions.
        plan: What is mitigated; ``None``: nothing.

    Returns:
        Estimates of the partition's rows: some floats a row, whatever the number of shots.
    """
    estimates: list[GroupEstimates] = []
    records: dict[int, tuple[int, EngineRecord]] = {}
    if plan is not None and workload.families:
        return _folded(workload, source, blocks, plan)
    reduction = RangeReduction(workload)
    for outcome in source.outcomes(blocks):
        program = workload.blocks[outcome.block].program
        records.setdefault(program, (outcome.block, outcome.record))
        # The slices of a range follow each other, and each is given up for the next.
        if reduction.add(outcome):
            estimates.extend(reduction.estimates())
            reduction = RangeReduction(workload)
    return PartialResult(tuple(estimates), records)


def blocks_ahead(workload: Workload, plan: Resilience | None) -> tuple[int, ...]:
    """Return the blocks that every partition is read with: calibrations that bound its memory."""
    if plan is None or not workload.families:
        return ()
    from ..primitives.mitigation.reduction import EstimatorReduction

    return EstimatorReduction(workload, plan).blocks_ahead()


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
        map_partitions: Reduces an estimator's partitions elsewhere, with the request's own plan of
            mitigation; ``None``: here, one by one.
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
        if plan is None and map_partitions is not None:
            return _mitigated(request, workload, map_partitions)
        outcomes = source.outcomes(block.index for block in workload.blocks)
        return mitigated_result(request, workload, outcomes, plan)
    table = EstimateTable(workload)
    records = Records()
    parts = partitions(workload)
    here = (reduce_partition(workload, source, part) for part in parts)
    for partial in map_partitions(parts) if map_partitions is not None else here:
        for estimates in partial.estimates:
            table.add(estimates)
        _note_first(records, partial.records)
    return estimator_result(request, workload, table, _engines(records))


def _note_first(records: Records, found: Mapping[int, tuple[int, EngineRecord]]) -> None:
    """Keep what ran the first of each program's blocks, in whatever order parts come."""
    for program, pair in found.items():
        records[program] = min(records.get(program, pair), pair, key=lambda each: each[0])


def _engines(records: Records) -> dict[int, EngineRecord]:
    return {program: record for program, (_, record) in sorted(records.items())}


def _folded(
    workload: Workload, source: Outcomes, blocks: Partition, plan: Resilience
) -> PartialResult:
    from ..primitives.mitigation.reduction import EstimatorReduction

    reduction, records = EstimatorReduction(workload, plan), Records()
    if ahead := reduction.blocks_ahead():
        reduction.look_ahead(source.outcomes(ahead))
    for outcome in source.outcomes(blocks):
        program = workload.blocks[outcome.block].program
        records.setdefault(program, (outcome.block, outcome.record))
        reduction.add(outcome)
    return PartialResult((), records, reduction.part())


def _mitigated(
    request: Request, workload: Workload, map_partitions: MapPartitions
) -> PrimitiveResult:
    """Merge what was folded elsewhere, and finish it here."""
    from ..primitives.mitigation.reduction import EstimatorReduction

    plan = resilience_of(request.options)
    reduction, records = EstimatorReduction(workload, plan), Records()
    for partial in map_partitions(partitions(workload)):
        assert partial.folded is not None
        reduction.merge(partial.folded)
        _note_first(records, partial.records)
    return finished_result(request, workload, reduction, _engines(records), plan)


def _sampler(
    request: Request, workload: Workload, source: Outcomes, plan: Resilience | None
) -> PrimitiveResult:
    arrays = ShotArrays(request, workload)
    engines: dict[int, EngineRecord] = {}
    for outcome in source.outcomes(block.index for block in workload.blocks):
        engines.setdefault(workload.blocks[outcome.block].program, outcome.record)
        arrays.add(outcome)
    return sampler_result(request, workload, arrays, engines, plan)
