"""One job that the tasks of an array have in common: one of them makes it, one reduces it."""

from __future__ import annotations

import time
from pathlib import Path

from ..primitives.errors import StoreError
from ..primitives.request import Request
from ..primitives.workload import Workload
from .durable import make_folder
from .job_folders import folder_of, job_id
from .lease import STALE_SECONDS, Lease, living_driver
from .request_files import REQUEST_NAME, check_plan, read_document, save_request
from .result_files import DEFAULT_RESULT, result_names
from .store import FolderStore
from .stored_segments import SEGMENTS_NAME, StoredSegments
from .task_files import take_lease

LOOK_SECONDS = 0.2


def ensure_job(store: Path, request: Request, name: str, workload: Workload) -> Path:
    """Make a request's job unless it is there; of tasks that begin at once, one makes it.

    Args:
        store: The store's folder; made if need be.
        request: What is asked.
        name: A new job's name.
        workload: The request's expansion.

    Returns:
        The job's folder.

    Raises:
        ValueError: The name cannot be a folder's.
        StoreError: The store cannot be written, or was written by another version.
    """
    wanted = job_id(name, request.fingerprint)
    folder = folder_of(store, wanted, request.fingerprint) or store / wanted
    make_folder(folder / SEGMENTS_NAME)
    deadline = time.monotonic() + STALE_SECONDS
    while not (folder / REQUEST_NAME).exists():
        try:
            lease = Lease.acquire(folder)
        except StoreError:
            if living_driver(folder) is None or time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)
            continue
        try:
            if not (folder / REQUEST_NAME).exists():
                save_request(folder, name, request, workload)
        finally:
            lease.release()
    check_plan(folder, read_document(folder), workload)
    return folder


def blocks_left(folder: Path, workload: Workload) -> int:
    """Count the blocks that nobody has committed, in whatever part they are.

    Args:
        folder: The job's folder.
        workload: The job's.
    """
    fingerprint = read_document(folder)["fingerprint"]
    return len(workload.blocks) - len(StoredSegments.read(folder, fingerprint).committed())


def take_to_reduce(folder: Path, request: Request, workload: Workload) -> FolderStore | None:
    """Become the one task that reduces a job whose blocks are all committed.

    Args:
        folder: The job's folder.
        request: What was asked.
        workload: Its expansion.

    Returns:
        The job, driven by this process; ``None``: another task reduces it, or has done so.

    Raises:
        StoreError: The folder cannot be used.
    """
    try:
        lease = take_lease(folder)
    except StoreError:
        if living_driver(folder) is None:
            raise
        return None
    if DEFAULT_RESULT in result_names(folder):
        lease.release()
        return None
    return FolderStore(folder, request, workload, lease)
