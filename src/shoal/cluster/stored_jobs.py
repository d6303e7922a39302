"""The jobs of a store, long after the processes that made them: handles like any other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from qiskit.primitives import PrimitiveResult
from qiskit.providers import JobStatus

from ..orchestrator.cancel_file import ask_to_cancel
from ..orchestrator.job_folders import (
    JobState,
    StoredJob,
    find_job,
    read_segments,
    stored_job,
    stored_jobs,
)
from ..orchestrator.reduce import reduce_blocks
from ..orchestrator.request_files import load_request
from ..orchestrator.result_files import DEFAULT_RESULT, load_result
from ..orchestrator.staged_results import reduce_whole, shown_result
from ..primitives.errors import ExecutionError, StoreError
from ..primitives.expansion import expand
from ..primitives.job import Job, JobControl, Progress

LOOK_SECONDS = 0.5
"""Between two looks at a job that another process drives."""

_STATUS: dict[JobState, JobStatus] = {
    "complete": JobStatus.DONE,
    "running": JobStatus.RUNNING,
    "stopped": JobStatus.CANCELLED,
    "unreadable": JobStatus.ERROR,
}


class StoredJobHandle(Job):
    """A job as its folder has it: whoever drives it, its state is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet.

        Args:
            folder: The job's folder.
        """
        self.folder = folder
        super().__init__(
            folder.name,
            self._wait,
            start=lambda run: None,
            reduce=lambda options, name: reduce_whole(folder, options, name)[1],
            folder=str(folder),
        )

    def stored(self) -> StoredJob:
        """Return what the folder says at a glance."""
        return stored_job(self.folder)

    def status(self) -> JobStatus:
        """Return Qiskit's name for the state; a job that stopped on its way counts as cancelled."""
        return _STATUS[self.stored().state]

    def done(self) -> bool:
        """Return whether every block is committed."""
        return self.status() is JobStatus.DONE

    def running(self) -> bool:
        """Return whether some process drives the job now."""
        return self.status() is JobStatus.RUNNING

    def cancelled(self) -> bool:
        """Return whether the job stopped on its way; its request, run again, goes on from there."""
        return self.status() is JobStatus.CANCELLED

    def in_final_state(self) -> bool:
        """Return whether nothing will change by itself any more."""
        return not self.running()

    def progress(self) -> Progress:
        """Return how far the job has come."""
        found = self.stored()
        return Progress(
            blocks_done=found.blocks_done, blocks_total=found.blocks, shots_done=found.shots_done
        )

    def cancel(self, *, leave: bool = False) -> bool:
        """Ask the process that drives the job, wherever it is, to end it.

        Args:
            leave: Must be false: a wish left in a folder cancels what queues have, too.

        Returns:
            Whether there is one.
        """
        if leave:
            raise ValueError("another process's job is cancelled wholly, or not at all")
        driver = self.stored().driver
        if driver is not None:
            ask_to_cancel(self.folder, driver)
        return driver is not None

    def result(self, timeout: float | None = None) -> PrimitiveResult:
        """Return the result, waiting for the process that drives the job.

        Args:
            timeout: Seconds to wait at the most; ``None``: as long as it takes.

        Raises:
            TimeoutError: There was no result in time.
            ExecutionError: The job stopped on its way.
            StoreError: The folder cannot be read.
        """
        if timeout is not None:
            self._start_thread(self._run)
        return super().result(timeout)

    def _wait(self, control: JobControl) -> PrimitiveResult:
        while True:
            found = self.stored()
            match found.state:
                case "complete":
                    return _result(found)
                case "unreadable":
                    raise StoreError(found.problem)
                case "stopped":
                    raise ExecutionError(
                        f"job {found.job_id} stopped after {found.blocks_done} of {found.blocks}"
                        " blocks; submit the same request to a cluster with this store, or say"
                        f" 'shoal resume {found.job_id} --store {self.folder.parent}', and it goes"
                        " on from there"
                    )
            time.sleep(LOOK_SECONDS)


class OpenedStore:
    """A store's folder, to look at."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet.

        Args:
            folder: The store's folder.
        """
        self.folder = folder

    def jobs(self) -> Sequence[StoredJobHandle]:
        """Return every job, oldest first.

        Raises:
            StoreError: There is no such folder, or it cannot be read.
        """
        return [StoredJobHandle(found.folder) for found in stored_jobs(self.folder)]

    def job(self, job_id: str) -> StoredJobHandle:
        """Return one job.

        Args:
            job_id: Its id, or the beginning of one if that is enough.

        Raises:
            StoreError: There is no such job, or several.
        """
        return StoredJobHandle(find_job(self.folder, job_id))


def open_store(folder: str | PathLike[str]) -> OpenedStore:
    """Open a store, to find jobs again that other processes made.

    Args:
        folder: The folder that was given to a cluster as ``store``.
    """
    return OpenedStore(Path(folder).absolute())


def _result(found: StoredJob) -> PrimitiveResult:
    request = load_request(found.folder)
    if DEFAULT_RESULT in found.results:
        return load_result(found.folder, shown_result(found.folder, DEFAULT_RESULT), request)
    return reduce_blocks(request, expand(request), read_segments(found.folder))
