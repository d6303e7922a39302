"""A job of a fake queue: its state is asked of the queue's books, whoever submitted it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from qiskit.providers import BackendV2, JobStatus, JobV1
from qiskit.result import Result

from .desk import Desk, Entry
from .faults import QueueRefusedError

_STATUS = {
    "queued": JobStatus.QUEUED,
    "running": JobStatus.RUNNING,
    "done": JobStatus.DONE,
    "failed": JobStatus.ERROR,
    "cancelled": JobStatus.CANCELLED,
}


class FakeQueueJob(JobV1):  # type: ignore[misc]
    """Circuits in a fake queue."""

    def __init__(
        self, queue: BackendV2, desk: Desk, job_id: str, compute: Callable[[str, Entry], Result]
    ) -> None:
        """Name a job; nothing is asked yet.

        Args:
            queue: Where it is.
            desk: The queue's books.
            job_id: Its id.
            compute: Makes the shots of a job from its id and what the books say of it.
        """
        super().__init__(queue, job_id)
        self._desk = desk
        self._compute = compute

    def submit(self) -> None:
        """Do nothing: a job that has an id is in the queue."""

    def status(self) -> JobStatus:
        """Ask for the job's state."""
        return _STATUS[self._desk.look(self.job_id())[0]]

    def queue_position(self) -> int:
        """Return how many jobs are before this one."""
        return self._desk.look(self.job_id())[1]

    def cancel(self) -> bool:
        """Take the job out of the queue; return whether it was still there."""
        return self._desk.cancel(self.job_id())

    def metrics(self) -> Mapping[str, Any]:
        """Return when the job was done, as IBM's jobs do; that it is done is not asked."""
        due = datetime.fromtimestamp(self._desk.due(self.job_id()), UTC)
        return {"timestamps": {"finished": due.isoformat()}}

    def result(self) -> Result:
        """Return what came out.

        Raises:
            QueueRefusedError: The job failed, was cancelled, or is not done.
        """
        state, _, entry = self._desk.look(self.job_id())
        if state != "done":
            raise QueueRefusedError(f"job {self.job_id()} has no result: it is {state}")
        return self._compute(self.job_id(), entry)
