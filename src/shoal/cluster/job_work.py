"""What a job does on a cluster: run what is not committed, then reduce."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from qiskit.primitives import PrimitiveResult

from ..orchestrator.memory import MemoryStore
from ..orchestrator.needs import BlockNeeds, Need
from ..orchestrator.outcome_reader import OutcomeReader
from ..orchestrator.policies import Policy
from ..orchestrator.reduce import (
    MapPartitions,
    PartialResult,
    Partition,
    blocks_ahead,
    reduce_blocks,
    reduce_partition,
)
from ..orchestrator.rereduce import reduce_again
from ..orchestrator.result_files import DEFAULT_RESULT, save_result
from ..orchestrator.run_state import Journal, RunReport, RunState
from ..orchestrator.scheduler import run_job
from ..orchestrator.store import FolderStore
from ..orchestrator.walltime import Walltime
from ..primitives.errors import OutOfTimeError
from ..primitives.job import JobControl
from ..primitives.mitigation.resilience import Resilience, resilience_of
from ..primitives.request import Request
from ..primitives.workload import Workload
from .calibration import with_guess
from .folder_control import FolderControl
from .queues.beside import beside_queues
from .queues.served import QueueSet
from .ray_executor import RayExecutor
from .worker import JobSpec, MakeEngine

JobStore = FolderStore | MemoryStore

FAR_REDUCE_BYTES = 64 << 20
"""Segments smaller than this, in all, are reduced sooner here than workers are asked to."""


def do_job(
    request: Request,
    workload: Workload,
    store: JobStore,
    control: JobControl,
    *,
    open_executor: Callable[[JobSpec], RayExecutor],
    make_engine: MakeEngine,
    policy: Policy,
    queues: QueueSet,
    walltime: Walltime | None = None,
    needs: BlockNeeds | None = None,
) -> PrimitiveResult:
    """Run a job's uncommitted blocks, reduce all blocks, keep the result where there is a folder.

    Args:
        request: What is asked.
        workload: Its expansion.
        store: Where outcomes rest; a folder is given up at the end.
        control: The job's.
        open_executor: Called where there is something to run; the executor is closed at the end.
        make_engine: How workers make their engines.
        policy: The limits of retries.
        queues: Those that there are.
        walltime: How long there are workers; ``None``: as long as it takes.
        needs: What each block needs of a worker; ``None``: cores alone.

    Returns:
        The result.

    Raises:
        OutOfTimeError: The time was over first; what is committed is kept.
    """
    workers = _Workers(request, store, open_executor, make_engine)
    needs = needs or BlockNeeds()
    with ExitStack() as opened:
        folder = opened.enter_context(store) if isinstance(store, FolderStore) else None
        note: Journal = folder.events.note if folder else _forget
        if len(store.committed()) == len(workload.blocks):
            now = time.monotonic()
            control.report(RunState(workload, store, policy, note, now).progress(now))
        else:
            executor = opened.enter_context(
                beside_queues(
                    queues, request, workload, store, control, partial(workers.open, needs.needs)
                )
            )
            report = run_job(
                workload,
                store,
                executor,
                control=FolderControl(control, folder.folder) if folder else control,
                policy=with_guess(policy, request, workload),
                journal=note,
                deadline=walltime,
                elsewhere=queues.blocks(workload),
                needs=needs,
            )
            if not report.is_complete:
                raise out_of_time(report, len(workload.blocks) - len(store.committed()))
        result = reduce_blocks(request, workload, store, workers.far_reduce(workload))
        if folder:
            segments = folder.stored.commitments()
            save_result(folder.folder, DEFAULT_RESULT, request, result, segments)
        return result


@dataclass(slots=True)
class _Workers:
    """The workers of a job, once there is something for them to do."""

    request: Request
    store: JobStore
    open_executor: Callable[[JobSpec], RayExecutor]
    make_engine: MakeEngine
    opened: RayExecutor | None = None

    def open(self, needs: tuple[Need, ...]) -> RayExecutor:
        """Open them, for shards with some needs."""
        spec = JobSpec(self.request, self.store.committer(), self.make_engine, needs)
        self.opened = self.open_executor(spec)
        return self.opened

    def far_reduce(self, workload: Workload) -> MapPartitions | None:
        """Return how shots are reduced by them; ``None``: here, which is sooner."""
        folder = self.store
        if self.opened is None or not isinstance(folder, FolderStore):
            return None
        if not (folder.is_seen_by_all and _is_reduced_far(folder, workload)):
            return None
        plan = resilience_of(self.request.options) if workload.families else None
        ahead = blocks_ahead(workload, plan)
        return partial(_reduce_far, self.opened, folder.reader(), plan, ahead)


def reduce_stored(
    request: Request,
    workload: Workload,
    store: JobStore,
    changes: Mapping[str, Any],
    name: str | None,
) -> PrimitiveResult:
    """Reduce a finished job's shots with other options.

    Args:
        request: What was asked.
        workload: Its expansion.
        store: Where its outcomes rest.
        changes: Options that differ from the request's.
        name: Of the result in a folder; ``None``: the next free number.

    Returns:
        The result; a folder keeps it, too.
    """
    if isinstance(store, FolderStore):
        return reduce_again(store.folder, changes, name)[1]
    return reduce_blocks(request, workload, store, options=request.options.updated(changes))


def out_of_time(report: RunReport, blocks_left: int) -> OutOfTimeError:
    """Say that the workers were taken away first.

    Args:
        report: How the run went.
        blocks_left: How many nobody has committed.
    """
    error = OutOfTimeError(
        f"the time was over with {blocks_left} blocks left; {report.blocks} were committed in"
        f" {report.seconds:,.0f} s"
    )
    error.has_progressed = report.blocks > 0
    return error


def _is_reduced_far(folder: FolderStore, workload: Workload) -> bool:
    """Return whether shots are many, and more than what is left of them."""
    num_bytes = _num_bytes(folder)
    # Plain estimates are some floats a row. What is mitigated comes back as products of readings.
    kept = 0
    for variant in workload.variants if workload.families else ():
        program = workload.programs[variant.program]
        terms, each = len(variant.terms), 1 if program.randomizations > 1 else len(variant.terms)
        kept += 8 * program.num_rows * terms * each
    return num_bytes >= FAR_REDUCE_BYTES and kept < num_bytes


def _num_bytes(folder: FolderStore) -> int:
    return sum(segment.num_bytes for segment in folder.stored.commitments())


def _reduce_far(
    executor: RayExecutor,
    reader: OutcomeReader,
    plan: Resilience | None,
    ahead: Partition,
    parts: Sequence[Partition],
) -> Iterator[PartialResult]:
    """Reduce partitions where the workers are."""
    tasks = [(reader.of({*part, *ahead}), part, plan) for part in parts]
    return executor.map(reduce_partition, tasks)


def _forget(name: str, words: Mapping[str, Any]) -> None:
    """Keep nothing of what happened: there is no folder for it."""
