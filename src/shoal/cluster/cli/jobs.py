"""``shoal jobs`` and ``shoal status``: what a store holds, read from its files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...orchestrator.events_file import read_events
from ...orchestrator.job_folders import StoredJob, find_job, stored_job, stored_jobs
from ...orchestrator.vendor_jobs import waiting_at
from ..reports.text_table import TextTable
from .exits import INPUT_WRONG, CommandFailed, wrong_input
from .slurm_status import slurm_lines
from .terminal import print_lines

LAST_EVENTS = 5


def list_jobs(store: Path) -> None:
    """Print a line for each job of a store.

    Args:
        store: The store's folder.

    Raises:
        CommandFailed: There is no such folder.
    """
    with wrong_input():
        jobs = stored_jobs(store)
    if not jobs:
        print_lines([f"no jobs in {store}"])
        return
    headings = ("job", "state", "blocks", "shots", "created", "results")
    print_lines(TextTable(headings, tuple(map(_row, jobs))).lines())


def _row(job: StoredJob) -> tuple[str, ...]:
    return (
        job.job_id,
        job.state,
        f"{job.blocks_done:,}/{job.blocks:,}",
        f"{job.shots_done:,}",
        job.created,
        job.problem or " ".join(job.results),
    )


def show_status(store: Path, job: str) -> None:
    """Print what a job's folder says, whether somebody runs it or not.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.

    Raises:
        CommandFailed: There is no such job, or its folder cannot be read.
    """
    with wrong_input():
        folder = find_job(store, job)
        found = stored_job(folder)
    if found.problem:
        raise CommandFailed(found.problem, INPUT_WRONG)
    print_lines(_status_lines(found, store))


def _status_lines(job: StoredJob, store: Path) -> Iterator[str]:
    share = job.blocks_done / job.blocks if job.blocks else 1.0
    yield f"job      {job.job_id}"
    yield f"state    {job.state}{_who(job)}"
    yield f"blocks   {job.blocks_done:,} of {job.blocks:,} ({share:.0%})"
    yield f"shots    {job.shots_done:,}"
    yield f"created  {job.created}"
    yield f"results  {' '.join(job.results) or 'none yet'}"
    yield f"folder   {job.folder}"
    slurm = list(slurm_lines(job.folder))
    yield from slurm
    yield from _task_lines(job)
    yield from _queue_lines(job)
    events = list(read_events(job.folder))[-LAST_EVENTS:]
    for event in events:
        words = ", ".join(f"{k}: {v}" for k, v in event.items() if k not in ("at", "event"))
        yield f"event    {event.get('at', '')} {event.get('event', '')} {words}".rstrip()
    if job.state == "stopped":
        if len(slurm) < 2:
            yield f"To go on: shoal resume {job.job_id} --store {store}"
    elif job.state == "running":
        yield f"To end it: shoal cancel {job.job_id} --store {store}"
    elif not job.results:
        yield f"All blocks are done; to reduce them: shoal resume {job.job_id} --store {store}"


def _task_lines(job: StoredJob) -> Iterator[str]:
    for state in job.tasks:
        words = "complete" if state.is_done else "stopped"
        if (driver := state.driver) is not None:
            words = f"running: process {driver.pid} on {driver.host} since {driver.since}"
        yield f"task     {state.task.index} of {state.task.count}: {words}"


def _queue_lines(job: StoredJob) -> Iterator[str]:
    for queue, waiting in waiting_at(job.folder).items():
        ids = ", ".join(one.job_id or f"unknown ({one.tag})" for one in waiting)
        yield f"queue    {queue}: {f'waiting for {ids}' if waiting else 'nothing waits there'}"


def _who(job: StoredJob) -> str:
    if job.driver is None:
        return ""
    return f" by process {job.driver.pid} on {job.driver.host} since {job.driver.since}"
