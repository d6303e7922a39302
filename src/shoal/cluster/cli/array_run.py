"""``shoal run --array``: one task of a job array, which runs its part and reduces if it is last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from ...orchestrator.array_jobs import blocks_left, ensure_job
from ...orchestrator.array_tasks import ArrayTask
from ...orchestrator.inline import InlineExecutor
from ...orchestrator.ports import Engine, Executor, Slot
from ...orchestrator.task_files import task_folder, task_states
from ...orchestrator.task_store import TaskStore
from ...primitives.expansion import expand
from ...primitives.job import Job
from ...primitives.learnt_job import must_learn
from ..array_work import reduce_as_last, run_part
from ..engines.choice import check, make_engine
from ..slurm.job_clock import walltime_of_this_job
from ..sweeps.keepsake import Keepsake
from ..sweeps.request import request_of
from ..sweeps.sweep import read_sweep
from .allocation import note_allocation
from .array_option import array_task
from .exits import signals_as_exceptions, wrong_input
from .queue_opening import refuse_queues
from .result import find_complete, show_result
from .run import explained, wait_for
from .settings import Settings, slot_here
from .start import open_cluster
from .terminal import print_lines


def run_task(said: str, path: Path, overrides: Sequence[str], settings: Settings) -> None:
    """Run a task's part of a sweep, or the rest of it; show the result, if that completes it.

    Args:
        said: Which task of how many: as after ``--array``.
        path: The sweep file.
        overrides: As after ``--set``.
        settings: What else was said.

    Raises:
        CommandFailed: The input is wrong, or the run failed.
    """
    task = array_task(said, os.environ)
    with wrong_input():
        sweep = read_sweep(path, overrides)
        request, keepsake = request_of(sweep, settings.queue_tables), Keepsake.of(sweep)
        refuse_queues(
            request,
            settings,
            "--array",
            "a queue has one gateway, so run this sweep with a driver, without --array",
        )
        if must_learn(request.options) or request.options.execution.adaptive:
            raise ValueError(
                "--array: this sweep runs in stages (execution.adaptive, or noise that is learnt "
                "first), of which each waits for the one before: run it with a driver, without "
                "--array"
            )
        table = sweep.source.table
        beside = None if table.store is None else sweep.source.beside(table.store)
        store, workers = settings.store_over(beside), settings.workers_over(table.workers)
        workload = expand(request)
        check(request, workload, slot_here(settings, workers))
        complete = find_complete(store, request)
        if complete is not None:
            print_lines([f"{complete.name} is complete: nothing is left for {_said(task)}."])
            return
        folder = ensure_job(store, request, sweep.name, workload)
        keepsake.save(folder)
        opened = TaskStore(folder, task, request, workload)
    with explained(folder), signals_as_exceptions():
        with opened:
            if not opened.is_complete:
                with _part_job(opened, workers, settings) as job:
                    wait_for(job)
        print_lines([f"{_said(task)}: its {len(opened.part)} blocks are complete."])
        left = blocks_left(folder, workload)
        result = None if left else reduce_as_last(opened)
    if result is not None:
        show_result(folder, request, keepsake, result)
        print_lines([f"{_said(task)} was the last, and has reduced the job."])
    elif left:
        print_lines(_who_is_behind(folder, task, left))
    else:
        print_lines(["All blocks are complete; another task reduces them, or has done so."])


@contextmanager
def _part_job(store: TaskStore, workers: int, settings: Settings) -> Iterator[Job]:
    note_allocation(task_folder(store.folder, store.task))
    with walltime_of_this_job() as walltime, _executor(store, workers, settings) as executor:
        job = Job(store.job_id, partial(run_part, store, executor, walltime=walltime))
        try:
            yield job
        finally:
            # The task stays this process's until the last block that runs is committed.
            job.cancel()
            with suppress(Exception):
                job.result()


@contextmanager
def _executor(store: TaskStore, workers: int, settings: Settings) -> Iterator[Executor]:
    executor: Executor
    if settings.executor == "inline":

        def engine(slot: Slot) -> Engine:
            return make_engine(store.request, store.workload, slot)

        executor = InlineExecutor(engine, store.committer(), threads=workers)
        try:
            yield executor
        finally:
            executor.close()
        return
    with open_cluster(None, workers, settings) as cluster:
        executor = cluster.executor(store.request, store.committer())
        try:
            yield executor
        finally:
            executor.close()


def _said(task: ArrayTask) -> str:
    return f"task {task.index} of {task.count}"


def _who_is_behind(folder: Path, task: ArrayTask, left: int) -> list[str]:
    states = [state for state in task_states(folder) if state.task.count == task.count]
    begun = {state.task.index: state for state in states}
    running = [str(i) for i, state in begun.items() if state.driver is not None]
    missing = [
        str(index)
        for index in range(task.count)
        if index not in begun or not (begun[index].is_done or begun[index].driver)
    ]
    words = f"{left} blocks are left. The task that completes the last of them reduces the job."
    lines = [words]
    if running:
        lines.append(f"Running: tasks {', '.join(running)}.")
    if missing:
        lines.append(f"Not begun, or stopped: tasks {', '.join(missing)}.")
    return lines
