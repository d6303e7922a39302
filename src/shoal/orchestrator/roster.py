"""Which workers there are, and which of them can take another shard."""

from __future__ import annotations

from collections.abc import Sequence

from .ports import WorkerId


class Roster:
    """The workers of a job, ordered by how much they have to do; every call takes constant time."""

    def __init__(self, max_in_flight: int) -> None:
        """Start without workers.

        Args:
            max_in_flight: How many shards a worker may have at a time.
        """
        self._load: dict[WorkerId, int] = {}
        self._suspects: set[WorkerId] = set()
        # Workers by the number of their shards; the dicts serve as sets that keep their order.
        self._by_load: list[dict[WorkerId, None]] = [{} for _ in range(max_in_flight)]

    def __len__(self) -> int:
        return len(self._load)

    def __contains__(self, worker: WorkerId) -> bool:
        return worker in self._load

    def join(self, worker: WorkerId) -> None:
        """Add a worker."""
        self._load[worker] = 0
        self._by_load[0][worker] = None

    def lose(self, worker: WorkerId) -> None:
        """Remove a worker."""
        self._take_out(worker)
        self._load.pop(worker, None)
        self._suspects.discard(worker)

    def gave(self, worker: WorkerId) -> None:
        """Take in that a worker got a shard."""
        self._move(worker, +1)

    def heard_of(self, worker: WorkerId) -> None:
        """Take in a sign of life: a worker that was suspect is trusted again."""
        if worker in self._suspects:
            self._suspects.discard(worker)
            self._put_in(worker)

    def got(self, worker: WorkerId) -> None:
        """Take in that a worker is done with a shard, well or not."""
        self._suspects.discard(worker)
        self._move(worker, -1)

    def suspect(self, worker: WorkerId) -> None:
        """Take in that a worker was silent for too long: it gets nothing until it is heard of."""
        if worker in self._load:
            self._take_out(worker)
            self._suspects.add(worker)

    def least_busy(self) -> WorkerId | None:
        """Return the worker with the fewest shards; ``None``: all have as many as they may.

        Where every worker is suspect, they are all there is, and one with room is returned.
        """
        for workers in self._by_load:
            for worker in workers:
                return worker
        if self._suspects and len(self._suspects) == len(self._load):
            worker = min(self._suspects, key=self._load.__getitem__)
            return worker if self._load[worker] < len(self._by_load) else None
        return None

    def load(self, worker: WorkerId) -> int:
        """Return how many shards a worker has."""
        return self._load[worker]

    def idle(self) -> Sequence[WorkerId]:
        """Return the workers that have nothing to do."""
        return tuple(self._by_load[0])

    def _move(self, worker: WorkerId, by: int) -> None:
        if worker in self._load:
            self._take_out(worker)
            self._load[worker] = max(self._load[worker] + by, 0)
            if worker not in self._suspects:
                self._put_in(worker)

    def _take_out(self, worker: WorkerId) -> None:
        load = self._load.get(worker, 0)
        if load < len(self._by_load):
            self._by_load[load].pop(worker, None)

    def _put_in(self, worker: WorkerId) -> None:
        if self._load[worker] < len(self._by_load):
            self._by_load[self._load[worker]][worker] = None
