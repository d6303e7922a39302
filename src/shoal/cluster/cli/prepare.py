"""A job's folder made ready, before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.job_folders import create_or_open
from ...orchestrator.task_files import task_states
from ...primitives.errors import StoreError
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..sweeps.keepsake import Keepsake
from .allocation import when_free


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that can be started."""

    folder: Path
    blocks_left: int
    """Those that are not committed yet."""


def prepare_job(
    request: Request,
    workload: Workload,
    name: str,
    store: Path,
    keepsake: Keepsake,
    *,
    repair: bool,
) -> Prepared:
    """Make or check a job's folder: every segment that counts is read and compared with its hash.

    Args:
        request: What is asked.
        workload: Its expansion.
        name: Of a new job.
        store: The store's folder.
        keepsake: What else the sweep file said.
        repair: Whether damaged segments are given up, so that their blocks run again.

    Returns:
        What is left to do.

    Raises:
        StoreError: The store cannot be written, was written by another version, has a damaged
            segment, or another process drives the job or a part of it.
    """
    hint = "with --repair the blocks that it held run again; nothing else does"
    try:
        opened = when_free(
            lambda: create_or_open(store, request, name, workload=workload, repair=repair)
        )
    except StoreError as error:
        if getattr(error, "segment", None):
            raise StoreError(f"{error}; {hint}") from error
        raise
    with opened:
        _refuse_while_tasks_run(opened.folder)
        for damage in opened.stored.verify():
            if not repair:
                raise StoreError(f"{damage}; {hint}") from damage
            assert damage.segment is not None
            opened.forget(damage.segment, str(damage))
        keepsake.save(opened.folder)
        return Prepared(opened.folder, len(workload.blocks) - len(opened.committed()))


def _refuse_while_tasks_run(folder: Path) -> None:
    running = [state for state in task_states(folder) if state.driver]
    if running:
        tasks = ", ".join(f"{state.task.index} of {state.task.count}" for state in running)
        hosts = ", ".join(sorted({state.driver.host for state in running if state.driver}))
        raise StoreError(
            f"{folder.name} is run by tasks of a job array ({tasks}; on {hosts}), the last of "
            "which reduces: wait for them, or end them with shoal cancel, before another run of it"
        )
