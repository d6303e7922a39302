"""What the tasks of an array leave in a job's folder, to be read by anybody without a lock.

    tasks/0003-of-0008.jsonl    a ledger of its own, which this task alone appends to
    tasks/0003-of-0008.done     its part is complete
    tasks/0003-of-0008/         who runs it (driver.json), wishes to end it, its events

All ledgers lie in one folder, and a task makes a file there before it looks at those of the others:
NFS then drops what it remembers of the folder, so that the last of all tasks sees all ledgers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..primitives.errors import StoreError
from .array_tasks import ArrayTask
from .commitments import Commitment
from .durable import make_folder, write_whole
from .lease import (
    BEAT_SECONDS,
    LEASE_NAME,
    STALE_SECONDS,
    Driver,
    Lease,
    living_driver,
    read_driver,
)
from .ledger_file import read_ledger
from .ports import SegmentName

TASKS_NAME = "tasks"
LEDGER_SUFFIX, DONE_SUFFIX = ".jsonl", ".done"

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task, as its files show it."""

    task: ArrayTask
    folder: Path
    is_done: bool
    driver: Driver | None
    """Who runs it now."""


def task_folder(folder: Path, task: ArrayTask) -> Path:
    """Return where a task keeps its lease and its events.

    Args:
        folder: The job's folder.
        task: The task.
    """
    return folder / TASKS_NAME / task.name


def note_done(folder: Path, task: ArrayTask, blocks: int) -> None:
    """Say that a task's part is complete.

    Args:
        folder: The job's folder.
        task: The task.
        blocks: How many its part has.
    """
    words = {"blocks": blocks, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    path = folder / TASKS_NAME / f"{task.name}{DONE_SUFFIX}"
    write_whole(path, json.dumps(words).encode() + b"\n")


def task_states(folder: Path) -> tuple[TaskState, ...]:
    """List the tasks that have ever begun on a job.

    Args:
        folder: The job's folder.
    """
    return tuple(
        TaskState(
            task,
            task_folder(folder, task),
            (folder / TASKS_NAME / f"{task.name}{DONE_SUFFIX}").exists(),
            living_driver(task_folder(folder, task)),
        )
        for task in sorted(_tasks(folder))
    )


def noted_segments(folder: Path) -> dict[SegmentName, Commitment]:
    """Read every task's ledger: segments that are durable, and that no driver has taken in yet.

    Args:
        folder: The job's folder.
    """
    found: dict[SegmentName, Commitment] = {}
    for task in sorted(_tasks(folder)):
        ledger = read_ledger(folder / TASKS_NAME, f"{task.name}{LEDGER_SUFFIX}")
        found.update({commitment.name: commitment for commitment in ledger})
    return found


def take_lease(folder: Path) -> Lease:
    """Take a lease; one whose holder gives no sign of life is waited for.

    A task that is requeued may begin before anybody can know that its node is gone.

    Args:
        folder: The job's folder, or a task's.

    Raises:
        StoreError: The folder cannot be used, or who holds the lease lives.
    """
    make_folder(folder)
    first_beat, deadline = _last_beat(folder), time.monotonic() + STALE_SECONDS + BEAT_SECONDS
    while True:
        try:
            return Lease.acquire(folder)
        except StoreError:
            holder = read_driver(folder)
            is_alive = holder is not None and (holder.is_here() or _last_beat(folder) != first_beat)
            if is_alive or time.monotonic() > deadline:
                raise
        time.sleep(LOOK_SECONDS)


def _last_beat(folder: Path) -> float:
    with suppress(OSError):
        return (folder / LEASE_NAME).stat().st_mtime
    return 0.0


def _tasks(folder: Path) -> Iterator[ArrayTask]:
    with suppress(FileNotFoundError):
        for path in (folder / TASKS_NAME).iterdir():
            task = ArrayTask.named(path.stem) if path.suffix == LEDGER_SUFFIX else None
            if task is not None:
                yield task
