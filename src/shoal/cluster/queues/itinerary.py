"""Which blocks travel together through a queue: as planned before, then what is left."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import chain

from ...orchestrator.vendor_jobs import PlannedBatch, VendorJobs
from ...primitives.errors import ExecutionError
from ...primitives.workload import Block
from ..engines.backend_batches import BlockCircuits
from .flights import Flight, OpenBatch
from .port import Queue
from .settings import QueueSettings


class Itinerary:
    """Plans batches, and takes up those that an earlier run has planned."""

    def __init__(
        self,
        name: str,
        queue: Queue,
        circuits: BlockCircuits,
        jobs: VendorJobs,
        settings: QueueSettings,
    ) -> None:
        """Plan nothing yet.

        Args:
            name: The queue's.
            queue: The vendor's.
            circuits: Of the workload's blocks.
            jobs: What was sent, now and before.
            settings: The numbers.
        """
        self._name = name
        self._queue = queue
        self._circuits = circuits
        self._jobs = jobs
        self._settings = settings

    def batches(
        self, blocks: Sequence[Block], first: Container[int] = ()
    ) -> tuple[list[OpenBatch], Iterator[OpenBatch]]:
        """Return the batches of earlier runs, and those to come, which are planned when taken.

        Args:
            blocks: Those that are not committed.
            first: Blocks that travel before the others, and never with them.
        """
        left = {block.index: block for block in blocks}
        known = []
        for planned in self._jobs.batches(self._name):
            if any(number in left for number in planned.blocks):
                known.append(self._opened(planned))
                for number in planned.blocks:
                    left.pop(number, None)
        ahead = [block for block in left.values() if block.index in first]
        others = [block for block in left.values() if block.index not in first]
        return known, chain(self.planned(ahead), self.planned(others))

    def planned(self, blocks: Sequence[Block]) -> Iterator[OpenBatch]:
        """Plan new batches, each when it is taken.

        Args:
            blocks: In the order in which they travel.
        """
        limits = self._limits()
        for batch in self._circuits.batches(blocks, limits["max_circuits"] or 1):
            numbers = [block.index for block in batch.blocks]
            yield self._opened(self._jobs.plan(self._name, numbers, limits))

    def flights(self, one: OpenBatch) -> list[Flight]:
        """Return a batch's jobs, as far as they have come.

        Raises:
            ExecutionError: Nobody can say what became of one of them.
        """
        return [self._flight(one, part) for part in range(len(one.cuts))]

    def check_doubt(self, flight: Flight, words: str) -> None:
        """Refuse to pay twice without having been told to.

        Args:
            flight: A job that the vendor may have.
            words: What is known of it.

        Raises:
            ExecutionError: The vendor may be a real one, and the settings do not allow it.
        """
        if self._settings.resubmit_in_doubt or self._queue.limits.is_seeded:
            return
        raise ExecutionError(
            f"nobody knows whether queue {self._name} has a job of {len(flight.cut.places)}"
            f" circuits and {flight.cut.shots} shots: {words}. Look for it with the vendor; with"
            f" resubmit_in_doubt = true in [queues.{self._name}] it is submitted again, and paid"
            " for twice if it was there"
        )

    def _flight(self, one: OpenBatch, part: int) -> Flight:
        before = self._jobs.latest(one.planned.number, part)
        if before is None or before.end is not None:
            return Flight(one, part)
        flight = Flight(one, part, before, "doubtful", is_reattached=True)
        if before.job_id is None:
            return flight
        if self._queue.can_retrieve:
            flight.state = "out"
            return flight
        words = f"it has the id {before.job_id}, and gives no job back by its id"
        self.check_doubt(flight, words)
        self._jobs.ended(before.tag, "lost", words)
        return Flight(one, part)

    def _opened(self, planned: PlannedBatch) -> OpenBatch:
        """Cut a batch into jobs: by what was planned alone, so that it is done again alike."""
        batch = self._circuits.batch_of(planned.blocks)
        limits = planned.limits
        cuts = self._circuits.cuts(
            batch,
            limits["max_circuits"] or 1,
            limits["max_shots"],
            limits.get("max_payload_bytes"),
        )
        return OpenBatch(planned, batch, list(cuts))

    def _limits(self) -> dict[str, int | None]:
        limits, said = self._queue.limits, self._settings
        return {
            "max_circuits": min(limits.max_circuits, said.max_circuits or limits.max_circuits),
            "max_shots": limits.max_shots,
            "max_payload_bytes": said.max_payload_bytes,
        }
