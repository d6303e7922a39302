"""A cluster that exists only as numbers: workers, a clock that jumps, and scripted faults."""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from shoal.orchestrator.ports import (
    ExecutorEvent,
    SegmentReceipt,
    Shard,
    ShardCommitted,
    Slot,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)
from shoal.primitives.workload import Block


class SimulatedCluster:
    """An executor under a clock of its own."""

    def __init__(
        self,
        workers: int = 0,
        *,
        seconds: Callable[[WorkerId, Shard], float | None] = lambda worker, shard: 1.0,
        keeps_submitted: bool = True,
    ) -> None:
        """Workers are called w0, w1, ...

        Args:
            workers: How many there are at the start.
            seconds: What a shard takes; ``None``: it never answers.
            keeps_submitted: Whether all that was submitted is remembered.
        """
        self.now = 0.0
        self.seconds = seconds
        self._keeps_submitted = keeps_submitted
        self.submitted: list[tuple[float, WorkerId, Shard]] = []
        self.most_in_flight = 0
        self._number = count()
        self._queue: dict[WorkerId, deque[Shard]] = {}
        self._agenda: list[tuple[float, int, Callable[[], ExecutorEvent | None]]] = []
        for number in range(workers):
            self.join_at(0.0, f"w{number}")

    def clock(self) -> float:
        return self.now

    def join_at(self, time: float, worker: WorkerId, slot: Slot | None = None) -> None:
        def join() -> ExecutorEvent:
            self._queue[worker] = deque()
            return WorkerJoined(worker, "node", slot or Slot())

        self._at(time, join)

    def lose_at(self, time: float, worker: WorkerId, *, is_node_lost: bool = False) -> None:
        def lose() -> ExecutorEvent | None:
            if self._queue.pop(worker, None) is None:
                return None
            return WorkerLost(worker, "killed by the script", is_node_lost)

        self._at(time, lose)

    def busy_every(self, period: float, worker: WorkerId, until: float) -> None:
        """Have a worker say that it is alive while it has a shard."""

        def busy() -> ExecutorEvent | None:
            held = self._queue.get(worker)
            return WorkerAlive(worker, held[0].index) if held else None

        for number in range(1, int(until / period)):
            self._at(number * period, busy)

    def submit(self, shard: Shard, blocks: Sequence[Block], worker: WorkerId) -> None:
        if self._keeps_submitted:
            self.submitted.append((self.now, worker, shard))
        if worker not in self._queue:
            return
        self._queue[worker].append(shard)
        self.most_in_flight = max(self.most_in_flight, len(self._queue[worker]))
        if len(self._queue[worker]) == 1:
            self._begin(worker)

    def poll(self, timeout_seconds: float) -> Sequence[ExecutorEvent]:
        until = self.now + timeout_seconds
        found: list[ExecutorEvent] = []
        while self._agenda and self._agenda[0][0] <= (self.now if found else until):
            self.now, _, happen = heapq.heappop(self._agenda)
            if (event := happen()) is not None:
                found.append(event)
        if not found:
            self.now = until
        return found

    def close(self) -> None:
        self._agenda.clear()

    def _begin(self, worker: WorkerId) -> None:
        shard = self._queue[worker][0]
        seconds = self.seconds(worker, shard)
        if seconds is None:
            return

        def end() -> ExecutorEvent | None:
            held = self._queue.get(worker)
            if not held or held[0] is not shard:
                return None
            held.popleft()
            if held:
                self._begin(worker)
            name = f"{worker}-{shard.index}"
            receipt = SegmentReceipt(name, shard.blocks, 0, 0, "", worker, "node", seconds)
            return ShardCommitted(shard.index, worker, receipt)

        self._at(self.now + seconds, end)

    def _at(self, time: float, happen: Callable[[], ExecutorEvent | None]) -> None:
        heapq.heappush(self._agenda, (time, next(self._number), happen))
