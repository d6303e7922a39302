"""What a cluster has its work done by: workers that jobs share, on Ray or in an MPI world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..orchestrator.ports import ExecutorEvent, Slot
from ..primitives.errors import ExecutionError
from .ray_messages import CallReturned, Command, Homeless
from .worker import JobNumber, JobSpec

Told = ExecutorEvent | CallReturned | Homeless | ExecutionError
"""What a job is told; an error: there are no workers any more."""


class WorkerPool(Protocol):
    """Workers that jobs share, as long as it is open. Its calls may come from several threads."""

    @property
    def slots(self) -> Sequence[Slot]:
        """What workers may use, one of each kind: a job that needs something else is refused."""
        ...

    def check_open(self) -> None:
        """Find out whether there are, or will be, workers.

        Raises:
            ExecutionError: The pool is closed, or has failed.
        """
        ...

    def open(self, spec: JobSpec, tell: Callable[[Told], None]) -> JobNumber:
        """Begin a job.

        Args:
            spec: What workers must know of it.
            tell: Called, by another thread, with what happens; first with the workers there are.

        Returns:
            The job's number.

        Raises:
            ExecutionError: The pool is closed, or has failed.
        """
        ...

    def send(self, command: Command) -> None:
        """Send a command; what it is about is reported as lost where nobody takes it."""
        ...

    def close_job(self, job: JobNumber) -> None:
        """End a job: nothing more is told, what runs for it is not wanted any more."""
        ...

    def close(self) -> None:
        """End all that was started."""
        ...
