"""What pools of workers have in common, wherever those are: the jobs, and what each is told."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from ..orchestrator.ports import WorkerJoined
from ..primitives.errors import ExecutionError
from .pickles import dumps
from .worker import JobNumber, JobSpec
from .worker_pool import Told


class JobPool(ABC):
    """Jobs that share workers, until there are none any more."""

    def __init__(self) -> None:
        """Begin without jobs."""
        self._lock = threading.RLock()
        self._opening = threading.Lock()
        self._ended: ExecutionError | None = None
        self._specs: dict[JobNumber, JobSpec] = {}
        self._tells: dict[JobNumber, Callable[[Told], None]] = {}
        self._number = 0

    @property
    def is_open(self) -> bool:
        """Whether jobs may be begun."""
        return self._ended is None

    def check_open(self) -> None:
        """Find out whether there are, or will be, workers.

        Raises:
            ExecutionError: The pool is closed, or has failed.
        """
        if self._ended is not None:
            raise self._ended

    def open(self, spec: JobSpec, tell: Callable[[Told], None]) -> JobNumber:
        """Begin a job.

        Args:
            spec: What workers must know of it.
            tell: Called, by another thread, with what happens; first with the workers there are.

        Returns:
            The job's number.

        Raises:
            ExecutionError: The pool is closed, or has failed, or its workers cannot be as the job
                wants them.
        """
        pickled = dumps(spec)
        with self._opening:
            self._make_ready(spec)
            with self._lock:
                self.check_open()
                self._number += 1
                self._specs[self._number], self._tells[self._number] = spec, tell
                for joined in self._present():
                    tell(joined)
                self._begin(self._number, pickled)
                return self._number

    def _make_ready(self, spec: JobSpec) -> None:
        """Have workers as a job wants them; one job at a time does."""
        self.check_open()

    @abstractmethod
    def _present(self) -> Iterable[WorkerJoined]:
        """Return the workers there are."""

    @abstractmethod
    def _begin(self, job: JobNumber, spec: bytes) -> None:
        """Have workers told of a job."""

    def _forget(self, job: JobNumber) -> None:
        """Tell a job nothing more."""
        with self._lock:
            self._specs.pop(job, None)
            self._tells.pop(job, None)

    def _tell(self, job: JobNumber, told: Told) -> None:
        with self._lock:
            if job in self._tells:
                self._tells[job](told)

    def _tell_all(self, told: Told) -> None:
        with self._lock:
            for tell in self._tells.values():
                tell(told)

    def _fail(self, error: ExecutionError) -> None:
        """Tell all jobs that there are no workers any more; the first reason stays."""
        with self._lock:
            self._ended = self._ended or error
            self._tell_all(self._ended)
            self._specs.clear()
            self._tells.clear()
