"""The handle of a job: Qiskit's job interface, with a time limit, cancellation and progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qiskit.primitives import BasePrimitiveJob, PrimitiveResult
from qiskit.providers import JobStatus

from .errors import ExecutionError, JobCancelledError

JobId = str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come."""

    blocks_done: int = 0
    blocks_total: int = 0
    evaluations_done: int = 0
    """Circuit executions: one a parameter set and measurement basis."""
    evaluations_total: int = 0
    shots_done: int = 0
    seconds: float = 0.0
    """Time since the job began to run."""
    eta_seconds: float | None = None
    """Time until it is done, at the pace so far; ``None`` before there is a pace."""
    workers: int = 0


class JobControl:
    """What the work of a job sees of its job: a wish to end, and a place to report to."""

    def __init__(self) -> None:
        self._is_cancelled = False
        self._is_left = False
        self._progress = Progress()

    def cancelled(self) -> bool:
        """Return whether the job is to end at the next opportunity."""
        return self._is_cancelled

    def cancel(self, *, leave: bool = False) -> None:
        """Ask the work to end at the next opportunity.

        Args:
            leave: Whether what queues of others have is left there, for a later run to fetch.
        """
        self._is_left = leave and (self._is_left or not self._is_cancelled)
        self._is_cancelled = True

    @property
    def is_left(self) -> bool:
        """Whether the work ends only for now: what queues of others have is left there."""
        return self._is_left

    def report(self, progress: Progress) -> None:
        """Say how far the work has come."""
        self._progress = progress

    @property
    def progress(self) -> Progress:
        """What was reported last."""
        return self._progress


Work = Callable[[JobControl], PrimitiveResult]
Reduce = Callable[[Mapping[str, Any], str | None], PrimitiveResult]
"""Reduces the job's shots with changed options, and names the result where there is a store."""
Start = Callable[[Callable[[], None]], object]
"""Arranges for a function to be called soon, in another thread."""

_FINAL = frozenset((JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR))


class Job(BasePrimitiveJob[PrimitiveResult, JobStatus]):  # type: ignore[misc]
    """Work that runs in the background, and its result once there is one.

    Whoever comes first does the work: the background, or a caller of `result` that would only wait.
    So a tiny job costs no change of threads, and a job can be waited for inside of another one.
    """

    def __init__(
        self,
        job_id: JobId,
        work: Work,
        *,
        start: Start | None = None,
        reduce: Reduce | None = None,
        **metadata: Any,
    ) -> None:
        """Start the work.

        Args:
            job_id: Names the job.
            work: Called once with the job's control; returns the result, or raises.
            start: How the work gets into the background; ``None``: a thread of its own, in which
                it then runs in any case.
            reduce: What `reduce` does; ``None``: this job keeps no shots.
            metadata: Kept with the job.
        """
        super().__init__(job_id, **metadata)
        self._work: Work | None = work
        self._reduce = reduce
        self._control = JobControl()
        self._status = JobStatus.QUEUED
        self._result: PrimitiveResult | None = None
        self._error: BaseException | None = None
        self._claim = threading.Lock()
        self._finished = threading.Event()
        self._may_run_in_caller = start is not None
        (start or self._start_thread)(self._run)

    def status(self) -> JobStatus:
        """Return Qiskit's name for the state that the job is in."""
        return self._status

    def done(self) -> bool:
        """Return whether the job has its result."""
        return self._status is JobStatus.DONE

    def running(self) -> bool:
        """Return whether the job is running now."""
        return self._status is JobStatus.RUNNING

    def cancelled(self) -> bool:
        """Return whether the job was cancelled before it had its result."""
        return self._status is JobStatus.CANCELLED

    def in_final_state(self) -> bool:
        """Return whether nothing will change any more: done, failed or cancelled."""
        return self._status in _FINAL

    def progress(self) -> Progress:
        """Return how far the job has come."""
        return self._control.progress

    def cancel(self, *, leave: bool = False) -> bool:
        """Ask the job to end: at once if it has not begun, else between two blocks.

        Args:
            leave: Whether what queues of others have is left there, for a later run to fetch;
                otherwise it is cancelled, too.

        Returns:
            Whether there was anything left to cancel.
        """
        if self.in_final_state():
            return False
        self._control.cancel(leave=leave)
        if self._claim.acquire(blocking=False):
            self._finish(JobStatus.CANCELLED)
        return True

    def result(self, timeout: float | None = None) -> PrimitiveResult:
        """Wait for the result.

        Args:
            timeout: Seconds to wait at the most; ``None``: as long as it takes.

        Raises:
            TimeoutError: There was no result in time; the job goes on.
            JobCancelledError: The job was cancelled.
            Exception: Whatever the work raised.
        """
        if timeout is None and self._may_run_in_caller:
            self._run()
        if not self._finished.wait(timeout):
            done, total = self.progress().blocks_done, self.progress().blocks_total
            raise TimeoutError(
                f"job {self.job_id()} has no result after {timeout:g} s ({done} of {total} blocks"
                " are done); it goes on: call result() again, or cancel()"
            )
        if self._status is JobStatus.CANCELLED:
            raise JobCancelledError(f"job {self.job_id()} was cancelled before it had its result")
        if self._error is not None:
            raise self._error
        return self._result

    def reduce(self, options: Mapping[str, Any], *, name: str | None = None) -> PrimitiveResult:
        """Reduce the job's shots once more, with other options of mitigation; nothing is run.

        Args:
            options: What differs from the job's options, as nested mappings.
            name: Of the result in the store, where the job has one; ``None``: the next number.

        Raises:
            RequestError: The shots cannot serve these options; the message names what never ran.
            ExecutionError: The job keeps no shots.
        """
        self.result()
        if self._reduce is None:
            raise ExecutionError(
                f"job {self.job_id()} keeps no shots to be reduced again: run it with a store, or "
                "with mitigation switched on"
            )
        return self._reduce(options, name)

    def _start_thread(self, run: Callable[[], None]) -> None:
        threading.Thread(target=run, name=f"shoal-job-{self.job_id()}", daemon=True).start()

    def _run(self) -> None:
        """Do the work, unless somebody else does or did."""
        if not self._claim.acquire(blocking=False):
            return
        assert self._work is not None
        self._status = JobStatus.RUNNING
        try:
            self._result = self._work(self._control)
        except JobCancelledError:
            self._finish(JobStatus.CANCELLED)
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
            self._finish(JobStatus.ERROR)
        else:
            self._finish(JobStatus.DONE)

    def _finish(self, status: JobStatus) -> None:
        self._status = status
        self._work = None
        self._finished.set()

    def __getstate__(self) -> dict[str, Any]:
        """Wait for the result, which is what a copy of the job holds."""
        result = self.result()
        return {"job_id": self.job_id(), "result": result, "metadata": self.metadata}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Job.__init__(self, state["job_id"], lambda _: state["result"], start=lambda run: run())
        self.metadata = state["metadata"]
