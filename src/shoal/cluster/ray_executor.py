"""One job's view of workers that are shared, Ray's or MPI's: the orchestrator's `Executor`."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from ..orchestrator.calls import Calls
from ..orchestrator.ports import (
    ExecutorEvent,
    Shard,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)
from ..primitives.errors import ExecutionError
from ..primitives.workload import Block
from .pickles import dumps
from .ray_messages import CallReturned, CallWorker, Homeless, RunShard
from .worker import JobSpec
from .worker_pool import Told, WorkerPool

Heard = ExecutorEvent | CallReturned | ExecutionError
"""What a job waits for."""

CALL_SECONDS = 300.0
"""When nothing was heard for so long, calls that are out are made again."""

T = TypeVar("T")


class RayExecutor:
    """Sends one job's shards to the workers of a pool."""

    def __init__(self, pool: WorkerPool, spec: JobSpec) -> None:
        """Begin the job.

        Args:
            pool: The workers; other jobs may have shards with them.
            spec: What workers must know of the job.
        """
        self._pool = pool
        self._needs = spec.needs
        self._unfit: set[WorkerId] = set()
        self._told: queue.SimpleQueue[ExecutorEvent | CallReturned | ExecutionError] = (
            queue.SimpleQueue()
        )
        self._workers: dict[WorkerId, WorkerJoined] = {}
        self._job = pool.open(spec, self._hear)

    def submit(self, shard: Shard, blocks: Sequence[Block], worker: WorkerId) -> None:
        """Send a shard to a worker, which knows its blocks by their numbers."""
        self._pool.send(RunShard(self._job, shard, worker))

    def poll(self, timeout_seconds: float) -> Sequence[ExecutorEvent]:
        """Return what happened since the last call, waiting up to a limit.

        Raises:
            ExecutionError: There are no workers any more, and there will be none.
        """
        found: list[ExecutorEvent] = []
        with suppress(queue.Empty):
            told = self._next(timeout_seconds)
            while True:
                if not isinstance(told, CallReturned):
                    found.append(told)
                told = self._next(0.0)
        return found

    def map(self, function: Callable[..., T], tasks: Sequence[tuple[Any, ...]]) -> Iterator[T]:
        """Evaluate a function of the job's workload where the workers are.

        Args:
            function: Takes the workload, and then a task.
            tasks: Each a tuple of further arguments.

        Yields:
            The values, as they come.

        Raises:
            ExecutionError: There are no workers any more, or a task failed again and again.
        """
        calls = Calls(len(tasks))
        while not calls.is_done:
            for number, task, worker in calls.assignments(self._workers):
                blob = dumps((function, tasks[task]))
                self._pool.send(CallWorker(self._job, number, worker, blob))
            try:
                told = self._next(CALL_SECONDS)
            except queue.Empty:
                calls.lose(None, f"no answer within {CALL_SECONDS:g} s")
                continue
            match told:
                case WorkerLost(worker, cause):
                    calls.lose(worker, cause)
                case CallReturned(call=number, error=str() as words):
                    calls.fail(number, words)
                case CallReturned(call=number, value=value) if calls.answer(number):
                    yield value

    def close(self) -> None:
        """Take the job back from the workers, which live on for others."""
        self._pool.close_job(self._job)

    def _hear(self, told: Told) -> None:
        """Take in what concerns this job: nothing of workers that do not fit it."""
        match told:
            case WorkerJoined(worker, slot=slot) if not any(
                need.is_met_by(slot) for need in self._needs
            ):
                self._unfit.add(worker)
            case WorkerLost(worker) | WorkerAlive(worker) if worker in self._unfit:
                pass
            case Homeless():  # of a queue's gateway
                pass
            case _:
                self._told.put(told)

    def _next(self, timeout_seconds: float) -> ExecutorEvent | CallReturned:
        told = self._told.get(timeout=timeout_seconds)
        if isinstance(told, ExecutionError):
            raise told
        if isinstance(told, WorkerJoined):
            self._workers[told.worker] = told
        elif isinstance(told, WorkerLost):
            self._workers.pop(told.worker, None)
        return told
