"""The executor of this process: no Ray, no other processes, on request some threads."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence

from ..primitives.workload import Block
from .ports import Committer, Engine, ExecutorEvent, Shard, Slot, WorkerId, WorkerJoined
from .shard_run import run_shard

_Task = tuple[Shard, Sequence[Block]]


class InlineExecutor:
    """Runs shards in this process.

    Without threads there is one worker, and a shard runs while the executor is polled. With threads
    there is a worker in each, with an engine of its own.
    """

    def __init__(
        self,
        make_engine: Callable[[Slot], Engine],
        committer: Committer,
        *,
        threads: int = 0,
        slot: Slot | None = None,
    ) -> None:
        """Start the workers.

        Args:
            make_engine: Called once a worker, in the thread that the engine will run in.
            committer: Makes outcomes durable.
            threads: How many threads; 0: none.
            slot: What each worker may use.
        """
        self._committer = committer
        self._make_engine = make_engine
        self._slot = slot or Slot()
        self._is_closed = False
        self._events: queue.SimpleQueue[ExecutorEvent] = queue.SimpleQueue()
        names = [f"thread-{number}" for number in range(threads)] or ["inline"]
        self._tasks: dict[WorkerId, queue.SimpleQueue[_Task | None]] = {
            name: queue.SimpleQueue() for name in names
        }
        self._engines: dict[WorkerId, Engine] = {}
        self._threads = [
            threading.Thread(target=self._work, args=(name,), name=f"shoal-{name}", daemon=True)
            for name in (names if threads else ())
        ]
        for name in names:
            self._events.put(WorkerJoined(name, socket.gethostname(), self._slot))
        for thread in self._threads:
            thread.start()

    def submit(self, shard: Shard, blocks: Sequence[Block], worker: WorkerId) -> None:
        """Queue a shard for a worker."""
        self._tasks[worker].put((shard, blocks))

    def poll(self, timeout_seconds: float) -> Sequence[ExecutorEvent]:
        """Return what happened; without threads, run the next shard first."""
        if not self._threads and self._events.empty():
            self._run_next()
        found: list[ExecutorEvent] = []
        try:
            found.append(self._events.get(timeout=timeout_seconds if self._threads else 0))
            while True:
                found.append(self._events.get_nowait())
        except queue.Empty:
            return found

    def close(self) -> None:
        """Let every worker leave after the block that it is at."""
        self._is_closed = True
        for tasks in self._tasks.values():
            tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _run_next(self) -> None:
        (worker, tasks), *_ = self._tasks.items()
        try:
            task = tasks.get_nowait()
        except queue.Empty:
            return
        if task is not None:
            self._run(task, worker)

    def _work(self, worker: WorkerId) -> None:
        while (task := self._tasks[worker].get()) is not None:
            self._run(task, worker)

    def _run(self, task: _Task, worker: WorkerId) -> None:
        def engine() -> Engine:
            if worker not in self._engines:
                self._engines[worker] = self._make_engine(self._slot)
            return self._engines[worker]

        def is_wanted() -> bool:
            return not self._is_closed

        shard, blocks = task
        self._events.put(run_shard(shard, blocks, engine, self._committer, worker, is_wanted))
