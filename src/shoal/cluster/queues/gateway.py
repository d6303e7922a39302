"""The one worker that serves a queue: sends jobs, asks for them, and never pays twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from ...orchestrator.vendor_jobs import VendorJobs
from ...primitives.errors import EngineError, ExecutionError, ShoalError
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.workload import Block
from ..engines.backend_batches import BlockCircuits, add_entries
from .drift import Drift, Recalibration
from .faults import is_transient, never_arrived
from .flights import Flight, OpenBatch
from .itinerary import Itinerary
from .port import CannotList, Queue, VendorState
from .settings import QueueSettings

NAP_SECONDS = 0.1
"""How long a wish to end may go unheard."""

T = TypeVar("T")


class _NotNow(Exception):  # noqa: N818 (an answer, not a fault)
    """The vendor did not answer; the same call may succeed later."""

    def __init__(self, *, never_arrived: bool) -> None:
        super().__init__()
        self.never_arrived = never_arrived


class Gateway:
    """Takes blocks through one queue.

    Whatever it does it says first (`VendorJobs`), so that another gateway goes on where this one
    was killed: it asks for jobs whose id is known, looks for those that may have arrived, and
    submits the others.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        circuits: BlockCircuits,
        jobs: VendorJobs,
        settings: QueueSettings,
        *,
        with_memory: bool = False,
        drift: Drift | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Make a gateway; nothing is asked of the vendor yet.

        Args:
            name: The queue's, in the user's words.
            queue: The vendor's.
            circuits: Of the workload's blocks.
            jobs: What was sent, now and before.
            settings: The numbers.
            with_memory: Whether shots are wanted in their order.
            drift: The calibrations that may be repeated; ``None``: none.
            clock: The time, in seconds.
            sleep: Waits.
            wall: The time, in seconds since 1970.
        """
        self.name = name
        self._queue = queue
        self._circuits = circuits
        self._jobs = jobs
        self._settings = settings
        self._with_memory = with_memory
        self._is_wanted: Callable[[], bool] = lambda: True
        self._clock = clock
        self._sleep = sleep
        self._itinerary = Itinerary(name, queue, circuits, jobs, settings)
        self._recalibration = Recalibration(name, drift or Drift(), jobs, wall)
        self._flights: list[Flight] = []
        self._silent_since: float | None = None

    def watch(self, is_wanted: Callable[[], bool]) -> None:
        """Leave as soon as the answer is no; the vendor keeps what it has.

        Args:
            is_wanted: Asked again and again.
        """
        self._is_wanted = is_wanted

    def run(self, blocks: Sequence[Block]) -> Iterator[Sequence[BlockOutcome]]:
        """Execute blocks.

        Args:
            blocks: Those that are not committed.

        Yields:
            The outcomes of blocks that have travelled together, as they come.

        Raises:
            EngineError: The vendor has refused or failed a job for good.
            ExecutionError: The vendor was out of reach for too long, or a job's fate is unknown.
        """
        wanted = {block.index: block for block in blocks}
        again = self._recalibration
        known, new = self._itinerary.batches(again.begin(blocks), first=again.calibrating)
        open_batches: list[OpenBatch] = []
        self._flights = []
        for one in known:
            self._begin(one, open_batches)
        while self._is_wanted():
            due = again.due()
            for one in self._itinerary.planned([wanted[number] for number in sorted(due)]):
                self._begin(one, open_batches)
            self._open(new, open_batches)
            if not open_batches:
                if spare := again.unneeded():
                    yield spare
                return
            for flight in list(self._flights):
                if self._is_wanted() and flight.next_look <= self._clock():
                    self._attend(flight)
            for done in [one for one in open_batches if one.is_done]:
                open_batches.remove(done)
                again.brought(done.planned.blocks)
                yield [one for one in self._outcomes(done) if one.block in wanted]
            self._nap(open_batches)

    def cancel(self) -> None:
        """Take every job that is out from the vendor's queue, as far as the vendor lets us."""
        for flight in self._flights:
            if flight.submission is not None and flight.submission.job_id is not None:
                with suppress(Exception):  # one that cannot be cancelled ends by itself
                    self._queue.cancel(flight.submission.job_id)

    def _open(self, new: Iterator[OpenBatch], open_batches: list[OpenBatch]) -> None:
        """Open as many batches as keep the queue busy."""
        while len(self._flights) < self._settings.max_in_flight:
            one = next(new, None)
            if one is None:
                return
            self._begin(one, open_batches)

    def _begin(self, one: OpenBatch, open_batches: list[OpenBatch]) -> None:
        open_batches.append(one)
        self._recalibration.begun(one.planned.blocks)
        self._flights += self._itinerary.flights(one)

    def _attend(self, flight: Flight) -> None:
        """Do the next step of a job."""
        try:
            if flight.state == "out":
                self._look(flight)
            elif flight.state == "doubtful":
                self._resolve(flight)
            elif self._num_out() < self._settings.max_in_flight:
                self._submit(flight)
        except _NotNow:
            self._rest(flight)

    def _num_out(self) -> int:
        return sum(flight.state != "unsent" for flight in self._flights)

    def _submit(self, flight: Flight) -> None:
        batch, cut = flight.open_batch.batch, flight.cut
        try:
            circuits = self._circuits.circuits(batch, cut)
        except EngineError as error:
            raise EngineError(f"{self._whose(flight)}: {error}") from error
        if flight.submission is None:
            flight.submission = self._jobs.intend(flight.open_batch.planned.number, flight.part)
        tag = flight.submission.tag
        try:
            job_id = self._asked(
                lambda: self._queue.submit(circuits, cut.shots, self._with_memory, tag)
            )
        except _NotNow as answer:
            flight.state = "unsent" if answer.never_arrived else "doubtful"
            raise
        except Exception as error:
            self._jobs.ended(tag, "failed", str(error))
            raise EngineError(
                f"{self._whose(flight)}: queue {self.name} refused the circuits: {error}"
            ) from error
        flight.submission = self._jobs.submitted(tag, job_id)
        flight.state = "out"
        flight.looks = 0
        flight.next_look = self._clock() + self._settings.wait_after(0)

    def _resolve(self, flight: Flight) -> None:
        """Find out whether a job has arrived whose submission was never answered."""
        assert flight.submission is not None
        tag = flight.submission.tag
        try:
            # An answer to this proves nothing about the next submission: patience runs on.
            job_id = self._asked(lambda: self._queue.find(tag), is_proof=False)
        except CannotList:
            self._itinerary.check_doubt(flight, f"it was sent as {tag}, and cannot be listed")
            job_id = None
        flight.state = "unsent"
        if job_id is not None:
            flight.submission = self._jobs.submitted(tag, job_id)
            flight.state = "out"

    def _look(self, flight: Flight) -> None:
        assert flight.submission is not None
        job_id = flight.submission.job_id
        assert job_id is not None
        found = self._asked(lambda: self._queue.look(job_id))
        if found.state == "waiting":
            self._rest(flight)
        elif found.state == "done":
            self._receive(flight, job_id, found.ended)
        else:
            self._begin_again(flight, found)

    def _receive(self, flight: Flight, job_id: str, ended: str | None) -> None:
        entries = self._asked(lambda: self._queue.entries(job_id))
        one, cut = flight.open_batch, flight.cut
        if any(found.shots != cut.shots for found in entries):
            raise EngineError(
                f"{self._whose(flight)}: job {job_id} of queue {self.name} brought back"
                f" {', '.join(str(found.shots) for found in entries[:4])} shots, not {cut.shots}"
            )
        assert flight.submission is not None
        tag = flight.submission.tag
        taken = self._jobs.taken(tag, self.name, self._properties(), ended).measured or ""
        for number, _ in cut.places:
            block = one.batch.parts[number].block.index
            one.measured[block] = max(one.measured.get(block, ""), taken)
        add_entries(one.found, cut.places, entries)
        one.parts_done.add(flight.part)
        one.job_ids.append(job_id)
        self._flights.remove(flight)

    def _properties(self) -> Mapping[str, Any] | None:
        """Ask the device of itself; no shots are lost because it does not answer."""
        if not self._jobs.is_durable:
            return None
        try:
            return self._queue.properties()
        except Exception:  # a vendor's client, which may raise anything
            return None

    def _begin_again(self, flight: Flight, found: VendorState) -> None:
        """Let a job that came to nothing be submitted once more, if that may help."""
        assert flight.submission is not None
        submission = flight.submission
        words = f": {found.words}" if found.words else ""
        assert found.state in ("failed", "lost", "cancelled")
        self._jobs.ended(submission.tag, found.state, found.words)
        is_by_us = found.state == "cancelled" and flight.is_reattached
        tries = submission.attempt + 1
        if (found.state == "cancelled" or tries >= self._settings.max_attempts) and not is_by_us:
            raise EngineError(
                f"{self._whose(flight)}: job {submission.job_id} of queue {self.name} was"
                f" {found.state} by the vendor, {tries} submitted{words}"
            )
        flight.submission, flight.state, flight.is_reattached = None, "unsent", False

    def _rest(self, flight: Flight) -> None:
        flight.looks += 1
        flight.next_look = self._clock() + self._settings.wait_after(flight.looks)

    def _asked(self, call: Callable[[], T], *, is_proof: bool = True) -> T:
        """Call the vendor; a fault that passes is `_NotNow`, unless it has lasted for too long."""
        try:
            answer = call()
        except (CannotList, ShoalError):
            raise
        except Exception as error:
            if not is_transient(error):
                raise
            self._check_patience(error)
            raise _NotNow(never_arrived=never_arrived(error)) from error
        if is_proof:
            self._silent_since = None
        return answer

    def _check_patience(self, error: Exception) -> None:
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
        silent = now - self._silent_since
        if silent > self._settings.patience_seconds:
            raise ExecutionError(
                f"queue {self.name} was out of reach for {silent:.0f} s: {error}. The"
                f" {self._num_out()} jobs that it has are kept; resume, and they are asked for"
            ) from error

    def _outcomes(self, done: OpenBatch) -> Iterator[BlockOutcome]:
        ids = ", ".join(done.job_ids)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        words = f"jobs {ids}; taken until {now}" if ids else "nothing to measure"
        record = EngineRecord("backend", self.name, "queue", words)
        for one in self._circuits.outcomes(done.batch, done.found, record):
            taken = done.measured.get(one.block, "")
            yield replace(one, record=replace(record, taken=taken))

    def _whose(self, flight: Flight) -> str:
        return self._circuits.blame(flight.open_batch.batch, flight.cut.places[0])

    def _nap(self, open_batches: Sequence[OpenBatch]) -> None:
        if open_batches:
            soonest = min((flight.next_look for flight in self._flights), default=0.0)
            self._sleep(min(max(soonest - self._clock(), 0.001), NAP_SECONDS))
