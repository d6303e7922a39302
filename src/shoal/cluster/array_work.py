"""What one task of a job array does: run its part; reduce, if it is the last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qiskit.primitives import PrimitiveResult

from ..orchestrator.array_jobs import take_to_reduce
from ..orchestrator.costs import block_costs
from ..orchestrator.policies import Policy
from ..orchestrator.ports import Executor
from ..orchestrator.reduce import reduce_blocks
from ..orchestrator.result_files import DEFAULT_RESULT, save_result
from ..orchestrator.scheduler import run_job
from ..orchestrator.task_files import task_folder
from ..orchestrator.task_store import TaskStore
from ..orchestrator.walltime import Walltime
from ..primitives.job import JobControl, Progress
from .calibration import with_guess
from .folder_control import FolderControl
from .job_work import out_of_time


class PartControl(FolderControl):
    """Hears wishes left for one task, and tells of its part alone."""

    def __init__(self, control: JobControl, store: TaskStore) -> None:
        """Listen for this task's name.

        Args:
            control: The job's own control.
            store: The task's.
        """
        super().__init__(control, task_folder(store.folder, store.task))
        costs = block_costs(store.workload)
        outside = np.ones(costs.num_blocks, dtype=bool)
        outside[sorted(store.part)] = False
        self._blocks = int(outside.sum())
        self._evaluations = int(costs.evaluations[outside].sum())
        self._shots = int(costs.shots[outside].sum())

    def report(self, progress: Progress) -> None:
        """Say how far the part has come: for the scheduler, all other blocks are done."""
        super().report(
            replace(
                progress,
                blocks_done=progress.blocks_done - self._blocks,
                blocks_total=progress.blocks_total - self._blocks,
                evaluations_done=progress.evaluations_done - self._evaluations,
                evaluations_total=progress.evaluations_total - self._evaluations,
                shots_done=progress.shots_done - self._shots,
            )
        )


def run_part(
    store: TaskStore,
    executor: Executor,
    control: JobControl,
    policy: Policy | None = None,
    walltime: Walltime | None = None,
) -> PrimitiveResult:
    """Run what is left of a task's part.

    Args:
        store: The task's.
        executor: Who runs it; left open.
        control: The job's.
        policy: The limits of retries.
        walltime: How long there are workers; ``None``: as long as it takes.

    Returns:
        Nothing: a part has no result of its own.

    Raises:
        OutOfTimeError: The time was over first; what is committed is kept.
    """
    report = run_job(
        store.workload,
        store,
        executor,
        control=PartControl(control, store),
        policy=with_guess(policy or Policy(), store.request, store.workload),
        journal=store.events.note,
        deadline=walltime,
    )
    if not report.is_complete:
        raise out_of_time(report, len(store.workload.blocks) - len(store.committed()))
    return PrimitiveResult([])


def reduce_as_last(store: TaskStore) -> PrimitiveResult | None:
    """Reduce a job whose blocks are all committed, unless another task does.

    Args:
        store: A task's, closed.

    Returns:
        The result; ``None``: it is, or comes, from another task.

    Raises:
        StoreError: The folder cannot be used.
    """
    request, workload = store.request, store.workload
    folder = take_to_reduce(store.folder, request, workload)
    if folder is None:
        return None
    with folder:
        result = reduce_blocks(request, workload, folder)
        segments = folder.stored.commitments()
        save_result(folder.folder, DEFAULT_RESULT, request, result, segments)
    return result
