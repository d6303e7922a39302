"""The workers of a job by what they can serve, each such crew with a roster of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .needs import BlockNeeds, NeedNumber
from .ports import Slot, WorkerId
from .roster import Roster


class Crews:
    """Who can take another shard, and of which blocks; constant time a call for a few needs."""

    def __init__(self, needs: BlockNeeds, max_in_flight: int) -> None:
        """Start without workers.

        Args:
            needs: Of the job's blocks.
            max_in_flight: How many shards a worker may have at a time.
        """
        self._needs = needs
        self._max_in_flight = max_in_flight
        self._rosters: dict[tuple[NeedNumber, ...], Roster] = {}
        self._of_worker: dict[WorkerId, Roster] = {}

    def __len__(self) -> int:
        return len(self._of_worker)

    def join(self, worker: WorkerId, slot: Slot) -> None:
        """Add a worker, unless there is nothing that it can serve.

        Args:
            worker: Who.
            slot: What it may use.
        """
        met = self._needs.met_by(slot)
        if met:
            roster = self._rosters.setdefault(met, Roster(self._max_in_flight))
            self._of_worker[worker] = roster
            roster.join(worker)

    def lose(self, worker: WorkerId) -> None:
        """Remove a worker."""
        roster = self._of_worker.pop(worker, None)
        if roster is not None:
            roster.lose(worker)

    def gave(self, worker: WorkerId) -> None:
        """Take in that a worker got a shard."""
        if worker in self._of_worker:
            self._of_worker[worker].gave(worker)

    def heard_of(self, worker: WorkerId) -> None:
        """Take in a sign of life: a worker that was suspect is trusted again."""
        if worker in self._of_worker:
            self._of_worker[worker].heard_of(worker)

    def got(self, worker: WorkerId) -> None:
        """Take in that a worker is done with a shard, well or not."""
        if worker in self._of_worker:
            self._of_worker[worker].got(worker)

    def suspect(self, worker: WorkerId) -> None:
        """Take in that a worker was silent for too long: it gets nothing until it is heard of."""
        if worker in self._of_worker:
            self._of_worker[worker].suspect(worker)

    def num_serving(self, need: NeedNumber) -> int:
        """Count the workers that meet a need."""
        return sum(len(roster) for met, roster in self._rosters.items() if need in met)

    def least_busy(self, needs: Collection[NeedNumber]) -> tuple[WorkerId, NeedNumber] | None:
        """Return the worker with the fewest shards, and which of some needs it is to serve.

        Args:
            needs: Those of which blocks are waiting.

        Returns:
            Of several such workers one that can serve little else; ``None``: all that could serve
            these needs have as many shards as they may.
        """
        found: list[tuple[int, int, WorkerId, NeedNumber]] = []
        for met, roster in self._rosters.items():
            need = next((one for one in met if one in needs), None)
            worker = None if need is None else roster.least_busy()
            if need is not None and worker is not None:
                found.append((roster.load(worker), len(met), worker, need))
        if not found:
            return None
        _, _, worker, need = min(found, key=lambda one: one[:2])
        return worker, need

    def idle(self) -> Iterator[tuple[WorkerId, tuple[NeedNumber, ...]]]:
        """Return the workers that have nothing to do, and the needs that they meet."""
        for met, roster in self._rosters.items():
            for worker in roster.idle():
                yield worker, met
