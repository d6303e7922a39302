"""A device that drifts: when it is calibrated again, and which calibrations are not needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ...orchestrator.vendor_jobs import VendorJobs
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, Workload
from .vendor_times import seconds_of

NOT_NEEDED = "not needed: all shots were there while the calibration before was recent"


@dataclass(frozen=True, slots=True)
class Drift:
    """The calibrations of one queue that a request allows."""

    calibrations: tuple[frozenset[int], ...] = ()
    """The blocks of each, in order; the first one always runs."""
    max_age_seconds: float = 0.0
    """How old the last one may be while shots are still to come."""


def drift_of(request: Request, workload: Workload, queue: str) -> Drift:
    """Say which calibrations of a queue a request allows.

    Args:
        request: What is asked.
        workload: Its expansion.
        queue: The queue's name.
    """
    max_age = request.options.resilience.measure_noise_learning.calibration_max_age
    if max_age is None:
        return Drift()
    listed = {
        family.calibrations
        for family in workload.families
        if family.calibrations and workload.programs[family.calibrations[0]].engine == queue
    }
    found = []
    for programs in zip_longest(*sorted(listed)):
        blocks = (block.index for block in workload.blocks if block.program in programs)
        found.append(frozenset(blocks))
    return Drift(tuple(found), max_age)


class Recalibration:
    """Decides, from what was sent and brought, when the next calibration is due."""

    def __init__(
        self,
        queue: str,
        drift: Drift,
        jobs: VendorJobs,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take up what an earlier run has left.

        Args:
            queue: Its name.
            drift: The calibrations that there may be.
            jobs: What was sent, now and before.
            wall: The time, in seconds since 1970.
        """
        self._queue = queue
        self._drift = drift
        self._jobs = jobs
        self._wall = wall
        self.calibrating = frozenset[int]().union(*drift.calibrations)
        """The blocks of all calibrations: they travel apart, the first one before all others."""
        self._spare: list[frozenset[int]] = []
        self._wanted: set[int] = set()
        self._measuring: set[int] = set()
        self._is_used = False

    def begin(self, blocks: Iterable[Block]) -> Sequence[Block]:
        """Hold back the calibrations that may turn out not to be needed.

        Args:
            blocks: Those that are not committed.

        Returns:
            Those that are to travel in any case: also the rest of a calibration that was begun.
        """
        left = {block.index: block for block in blocks}
        begun = {number for one in self._jobs.batches(self._queue) for number in one.blocks}
        self._spare = [
            numbers
            for numbers in self._drift.calibrations[1:]
            if numbers & left.keys() and not numbers & begun
        ]
        held = frozenset[int]().union(*self._spare)
        self._wanted = left.keys() - self.calibrating
        self._measuring = (left.keys() & self.calibrating) - held
        return [block for number, block in left.items() if number not in held]

    def begun(self, blocks: Iterable[int]) -> None:
        """Note that blocks are to be sent, or were.

        A calibration is repeated only where others travelled since: in a long queue each would be
        old as soon as it is there.
        """
        self._is_used = self._is_used or not self._wanted.isdisjoint(blocks)

    def brought(self, blocks: Iterable[int]) -> None:
        """Note that blocks are complete."""
        self._wanted -= set(blocks)
        self._measuring -= set(blocks)

    def due(self) -> frozenset[int]:
        """Return the blocks of the next calibration, once, where that is due; else none."""
        if not (self._spare and self._is_used and self._wanted) or self._measuring:
            return frozenset()
        taken = self._taken()
        if taken is None or self._wall() - taken <= self._drift.max_age_seconds:
            return frozenset()
        found = self._spare.pop(0)
        self._measuring = set(found)
        self._is_used = False
        return found

    def unneeded(self) -> Sequence[BlockOutcome]:
        """Return outcomes without shots of the calibrations that nobody will need any more."""
        record = EngineRecord("backend", self._queue, "queue", NOT_NEEDED)
        numbers = sorted(frozenset[int]().union(*self._spare))
        self._spare = []
        return [BlockOutcome(number, record) for number in numbers]

    def _taken(self) -> float | None:
        """Return when the last calibration was measured."""
        batches = {
            one.number
            for one in self._jobs.batches(self._queue)
            if self.calibrating.intersection(one.blocks)
        }
        times = [one.measured for one in self._jobs.submissions if one.batch in batches]
        return max((seconds_of(one) for one in times if one is not None), default=None)
