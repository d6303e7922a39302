"""An executor with queues beside its workers: their blocks come by themselves."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from ...orchestrator.ports import (
    Committer,
    Executor,
    ExecutorEvent,
    Shard,
    ShardCommitted,
    ShardFailed,
    WorkerId,
)
from ...orchestrator.shard_run import in_one_line
from ...primitives.workload import Block, Workload
from .gateway import Gateway

OUTSIDE = -1
"""The number of a shard that no ledger has issued."""


class QueueExecutor:
    """Workers, if there are any, and a gateway for each queue, in a thread of this process."""

    def __init__(
        self,
        workers: Executor | None,
        gateways: Sequence[Gateway],
        workload: Workload,
        committed: frozenset[int],
        committer: Committer,
        *,
        is_cancelling: Callable[[], bool],
    ) -> None:
        """Start the gateways.

        Args:
            workers: Run what is not for queues; ``None``: there is nothing else.
            gateways: One a queue.
            workload: What is to be executed.
            committed: Blocks that are durable already.
            committer: Makes outcomes durable.
            is_cancelling: Asked at the end: whether the vendors' jobs are to be cancelled.
        """
        self._workers = workers
        self._gateways = gateways
        self._committer = committer
        self._is_cancelling = is_cancelling
        self._events: queue.SimpleQueue[ExecutorEvent] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._threads = []
        for gateway in gateways:
            gateway.watch(lambda: not self._ended.is_set())
            blocks = [
                block
                for block in workload.blocks
                if workload.programs[block.program].engine == gateway.name
                and block.index not in committed
            ]
            thread = threading.Thread(
                target=self._serve, args=(gateway, blocks), name=f"shoal-{gateway.name}"
            )
            thread.daemon = True
            self._threads.append(thread)
            thread.start()

    def submit(self, shard: Shard, blocks: Sequence[Block], worker: WorkerId) -> None:
        """Send a shard to a worker."""
        assert self._workers is not None
        self._workers.submit(shard, blocks, worker)

    def poll(self, timeout_seconds: float) -> Sequence[ExecutorEvent]:
        """Return what happened since the last call, with workers and at queues."""
        found = self._at_queues()
        wait = 0.0 if found else timeout_seconds
        if self._workers is not None:
            return [*found, *self._workers.poll(wait), *self._at_queues()]
        if not found:
            with suppress(queue.Empty):
                found.append(self._events.get(timeout=wait))
        return found

    def close(self) -> None:
        """Let every gateway leave, cancel the vendors' jobs if that is wished, end the workers."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self._is_cancelling():
            for gateway in self._gateways:
                gateway.cancel()
        if self._workers is not None:
            self._workers.close()

    def _at_queues(self) -> list[ExecutorEvent]:
        found: list[ExecutorEvent] = []
        with suppress(queue.Empty):
            while True:
                found.append(self._events.get_nowait())
        return found

    def _serve(self, gateway: Gateway, blocks: Sequence[Block]) -> None:
        worker = f"queue {gateway.name}"
        began = time.monotonic()
        try:
            for outcomes in gateway.run(blocks):
                receipt = self._committer.commit(
                    outcomes, worker=worker, seconds=time.monotonic() - began
                )
                self._events.put(ShardCommitted(OUTSIDE, worker, receipt))
        except Exception as error:  # told to the loop, which ends the job
            self._events.put(ShardFailed(OUTSIDE, worker, in_one_line(error), is_engine_error=True))
