"""The jobs of a store: one folder each, named after the job and its request's fingerprint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..primitives.errors import StoreError
from ..primitives.expansion import expand
from ..primitives.request import Request
from ..primitives.workload import Workload
from .durable import explained, make_folder
from .lease import Driver, Lease, living_driver
from .request_files import (
    REQUEST_NAME,
    check_plan,
    load_request,
    read_document,
    save_request,
)
from .result_files import result_names
from .store import FolderStore
from .stored_segments import SEGMENTS_NAME, StoredSegments
from .task_files import TaskState, task_states

FINGERPRINT_DIGITS = 12
"""Of the fingerprint in a job's id."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

JobState = Literal["complete", "running", "stopped", "unreadable"]


@dataclass(frozen=True, slots=True)
class StoredJob:
    """What a job's folder says at a glance."""

    job_id: str
    folder: Path
    name: str = ""
    fingerprint: str = ""
    primitive: str = ""
    created: str = ""
    """UTC, ISO 8601."""
    blocks: int = 0
    """How many there are in all ..."""
    blocks_done: int = 0
    """... and how many are durable."""
    shots_done: int = 0
    results: tuple[str, ...] = ()
    """Names of the results that were reduced."""
    driver: Driver | None = None
    """Who drives the job now."""
    tasks: tuple[TaskState, ...] = ()
    """Of job arrays that ever ran a part of it."""
    problem: str = ""
    """Why the folder cannot be read, if so."""

    @property
    def state(self) -> JobState:
        """In one word; ``stopped`` jobs can be resumed."""
        if self.problem:
            return "unreadable"
        if self.driver is not None or any(task.driver for task in self.tasks):
            return "running"
        return "complete" if self.blocks_done == self.blocks else "stopped"


def job_id(name: str, fingerprint: str) -> str:
    """Return the id of a job, which is its folder's name.

    Args:
        name: Letters, digits, ``.``, ``_`` and ``-``.
        fingerprint: Of its request.

    Raises:
        ValueError: The name has other characters, or is too long.

    >>> job_id("h2", "0123456789abcdef")
    'h2-0123456789ab'
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"job name {name!r} cannot be a folder's name: take at most 64 letters, digits, '.', "
            "'_' and '-', a letter or digit first"
        )
    return f"{name}-{fingerprint[:FINGERPRINT_DIGITS]}"


def create_or_open(
    store: Path,
    request: Request,
    name: str,
    *,
    workload: Workload | None = None,
    repair: bool = False,
    is_shared: bool | None = True,
) -> FolderStore:
    """Drive the job of a request: the one that the store has, under whatever name, or a new one.

    Args:
        store: The store's folder; made if need be.
        request: What is asked.
        name: A new job's name.
        workload: The request's expansion, if at hand.
        repair: Whether missing segments are forgotten, so that their blocks run again.
        is_shared: Whether all workers see the store; if not, segments come with receipts.
            ``None``: each worker looks, and those that do not see it send theirs.

    Raises:
        ValueError: The name cannot be a folder's.
        StoreVersionError: The job was written by another version.
        StoreError: The store cannot be written, or another driver lives.
    """
    wanted = job_id(name, request.fingerprint)
    workload = expand(request) if workload is None else workload
    folder = folder_of(store, wanted, request.fingerprint) or store / wanted
    make_folder(folder / SEGMENTS_NAME)
    with ExitStack() as unless_driven:
        # Two that create one job at once would mix their files.
        lease = Lease.acquire(folder)
        unless_driven.callback(lease.release)
        if (folder / REQUEST_NAME).exists():
            check_plan(folder, read_document(folder), workload)
        else:
            save_request(folder, name, request, workload)
        unless_driven.pop_all()
    return FolderStore(folder, request, workload, lease, repair=repair, is_shared=is_shared)


def stored_request(store: Path, request: Request, name: str) -> Request | None:
    """Return a request as the store has it, with its circuits where they were placed then.

    Args:
        store: The store's folder.
        request: What is asked.
        name: Its job's, if that is new.

    Raises:
        StoreError: A job that has the name cannot be read.
    """
    folder = folder_of(store, job_id(name, request.fingerprint), request.fingerprint)
    return None if folder is None else load_request(folder)


def open_job(folder: Path, *, repair: bool = False, is_shared: bool | None = True) -> FolderStore:
    """Drive a job that is there already, from what its folder says alone.

    Args:
        folder: The job's folder.
        repair: Whether missing segments are forgotten, so that their blocks run again.
        is_shared: Whether all workers see the store; if not, segments come with receipts.
            ``None``: each worker looks, and those that do not see it send theirs.

    Raises:
        StoreVersionError: The job was written by another version.
        StoreError: The folder is no job, cannot be written, or another driver lives.
    """
    request = load_request(folder)
    workload = expand(request)
    check_plan(folder, read_document(folder), workload)
    lease = Lease.acquire(folder)
    return FolderStore(folder, request, workload, lease, repair=repair, is_shared=is_shared)


def read_segments(folder: Path) -> StoredSegments:
    """Look at a job's segments without driving it; nothing is written.

    Args:
        folder: The job's folder.
    """
    return StoredSegments.read(folder, read_document(folder)["fingerprint"])


def stored_jobs(store: Path) -> list[StoredJob]:
    """List a store's jobs, oldest first; one that cannot be read says why.

    Args:
        store: The store's folder.

    Raises:
        StoreError: There is no such folder, or it cannot be read.
    """
    return sorted(map(stored_job, _job_folders(store)), key=lambda job: (job.created, job.job_id))


def stored_job(folder: Path) -> StoredJob:
    """Describe one job.

    Args:
        folder: The job's folder.
    """
    try:
        document = read_document(folder)
        segments = StoredSegments.read(folder, document["fingerprint"])
    except StoreError as error:
        return StoredJob(folder.name, folder, problem=str(error))
    return StoredJob(
        job_id=folder.name,
        folder=folder,
        name=document["name"],
        fingerprint=document["fingerprint"],
        primitive=document["primitive"],
        created=document["created"],
        blocks=document["blocks"],
        blocks_done=len(segments.committed()),
        shots_done=segments.shots,
        results=result_names(folder),
        driver=living_driver(folder),
        tasks=task_states(folder),
    )


def find_job(store: Path, wanted: str) -> Path:
    """Find a job's folder by its id, or by the beginning of one if that is enough.

    Args:
        store: The store's folder.
        wanted: The id, its beginning, or the fingerprint's beginning.

    Raises:
        StoreError: There is no such job, or several.
    """
    folders = list(_job_folders(store))
    exact = [folder for folder in folders if folder.name == wanted]
    found = exact or [
        folder
        for folder in folders
        if wanted
        and (folder.name.startswith(wanted) or folder.name.rpartition("-")[2].startswith(wanted))
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(folder.name for folder in found or folders)) or "none"
    what = "matches several jobs" if found else "is not a job"
    raise StoreError(f"{wanted!r} {what} of the store {store}: {known}")


def folder_of(store: Path, wanted: str, fingerprint: str) -> Path | None:
    """Find the folder of a request, first under the name that is wanted.

    Args:
        store: The store's folder.
        wanted: A job's id.
        fingerprint: The request's.

    Raises:
        StoreError: Another request has the folder.
    """
    digits = fingerprint[:FINGERPRINT_DIGITS]
    with explained(store):
        others = sorted(store.glob(f"*-{digits}")) if store.is_dir() else []
        for folder in (store / wanted, *others):
            if (folder / REQUEST_NAME).exists():
                return _same(folder, fingerprint)
    return None


def _same(folder: Path, fingerprint: str) -> Path:
    found = read_document(folder)["fingerprint"]
    if found != fingerprint:
        raise StoreError(
            f"{folder} holds another request: its fingerprint is {found}, this one's "
            f"{fingerprint}. Choose another store"
        )
    return folder


def _job_folders(store: Path) -> Iterator[Path]:
    with explained(store):
        return iter([path.parent for path in sorted(store.iterdir()) for path in _request_in(path)])


def _request_in(folder: Path) -> list[Path]:
    path = folder / REQUEST_NAME
    return [path] if path.exists() else []
