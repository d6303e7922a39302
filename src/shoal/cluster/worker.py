"""The long-lived process that runs shards: a plain class, whatever it is wrapped in."""

from __future__ import annotations

import os
import pickle
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..orchestrator.needs import Need
from ..orchestrator.ports import (
    Committer,
    Engine,
    SegmentReceipt,
    Shard,
    ShardCommitted,
    ShardFailed,
    Slot,
    WorkerId,
)
from ..orchestrator.shard_run import in_one_line, run_shard
from ..primitives.errors import EngineError
from ..primitives.expansion import expand
from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.workload import Block, Workload

JobNumber = int
"""Names a job between a driver and its workers."""

KEPT_RECEIPTS, MAX_KEPT_PAYLOAD_BYTES = 16, 1 << 20
"""Of each job, so that a shard that is asked for twice in a row is run once."""

MakeEngine = Callable[[Request, Workload, Slot], Engine]


@dataclass(frozen=True, slots=True)
class JobSpec:
    """All that a worker must know of a job; the rest it derives."""

    request: Request
    committer: Committer
    make_engine: MakeEngine
    needs: tuple[Need, ...] = (Need(),)
    """A worker that meets none of them gets no shards of it."""


class _OpenJob:
    """A job as a worker holds it: read, expanded and given an engine once that is needed."""

    def __init__(self, spec: bytes | memoryview, slot: Slot) -> None:
        self._pickled = spec
        self._slot = slot
        self.recent: dict[tuple[int, ...], SegmentReceipt] = {}

    def remember(self, shard: Shard, receipt: SegmentReceipt) -> None:
        if len(receipt.payload or b"") <= MAX_KEPT_PAYLOAD_BYTES:
            self.recent[shard.blocks] = receipt
            while len(self.recent) > KEPT_RECEIPTS:
                del self.recent[next(iter(self.recent))]

    @cached_property
    def spec(self) -> JobSpec:
        spec: JobSpec = pickle.loads(self._pickled)  # noqa: S301 (our own driver's)
        return spec

    @cached_property
    def workload(self) -> Workload:
        return expand(self.spec.request)

    @cached_property
    def engine(self) -> Engine:
        return self.spec.make_engine(self.spec.request, self.workload, self._slot)


@dataclass(frozen=True, slots=True)
class _Announced:
    """An engine that tells others of each block before it runs it."""

    own: Engine
    announce: Callable[[int], None]

    def run(self, block: Block) -> BlockOutcome:
        self.announce(block.index)
        return self.own.run(block)


class Worker:
    """Runs shards of several jobs, one after the other, on one slot.

    ``busy_with`` and ``close`` may be called from another thread than ``open`` and ``run``.
    """

    def __init__(
        self,
        name: WorkerId,
        slot: Slot,
        search_path: Sequence[str] = (),
        announce: Callable[[JobNumber, int], None] | None = None,
    ) -> None:
        """Make a worker.

        Args:
            name: Who it is.
            slot: What its engines may use.
            search_path: Folders with modules of the user's, where the driver shares them.
            announce: Called with a job and a block before that is run, where others take part.
        """
        self._announce = announce
        self._name = name
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        self._slot = slot if slot.gpu is None else replace(slot, gpu=visible or slot.gpu)
        self._jobs: dict[JobNumber, _OpenJob] = {}
        self._closed: set[JobNumber] = set()
        self._busy_with: tuple[JobNumber, int] | None = None
        self._lock = threading.Lock()
        sys.path.extend(folder for folder in search_path if folder not in sys.path)

    def introduce(self) -> tuple[str, int, Slot]:
        """Say which node and which process this is, and what may be used of it."""
        return socket.gethostname(), os.getpid(), self._slot

    def clock(self) -> float:
        """Return this node's time, in seconds since 1970."""
        return time.time()

    def open(self, job: JobNumber, spec: bytes | memoryview) -> None:
        """Learn of a job.

        Args:
            job: Its number.
            spec: A pickled `JobSpec`, from the driver.
        """
        opened = _OpenJob(spec, self._slot)
        with self._lock:
            if job in self._closed:
                self._closed.remove(job)
            else:
                self._jobs[job] = opened

    def run(self, job: JobNumber, shard: Shard) -> ShardCommitted | ShardFailed | None:
        """Run a shard and commit its outcomes.

        Args:
            job: An open job.
            shard: Which of its blocks.

        Returns:
            What to tell the driver; ``None``: the job is not open here, any more or yet.
        """
        opened = self._jobs.get(job)
        if opened is None:
            return None
        if (receipt := opened.recent.get(shard.blocks)) is not None:
            # The answer was lost, or so late that the driver asked again.
            return ShardCommitted(shard.index, self._name, receipt)
        self._busy_with = job, shard.index
        try:
            blocks = [opened.workload.blocks[block] for block in shard.blocks]
            event = run_shard(
                shard,
                blocks,
                lambda: self._engine(job, opened),
                opened.spec.committer,
                self._name,
                lambda: job in self._jobs,
            )
            if isinstance(event, ShardCommitted):
                opened.remember(shard, event.receipt)
            return event
        except Exception as error:  # a job that cannot be read here: its modules are missing
            words = f"worker {self._name} cannot take the job: {in_one_line(error)}"
            return ShardFailed(shard.index, self._name, words, is_engine_error=False)
        finally:
            self._busy_with = None

    def _engine(self, job: JobNumber, opened: _OpenJob) -> Engine:
        engine, announce = opened.engine, self._announce
        return (
            engine if announce is None else _Announced(engine, lambda block: announce(job, block))
        )

    def take_part(self, job: JobNumber, block: int) -> None:
        """Run a block together with another process, which keeps the outcome.

        Args:
            job: An open job.
            block: Its number.
        """
        opened = self._jobs.get(job)
        if opened is not None:
            # What an engine refuses it refuses everywhere, and the other process says so.
            with suppress(EngineError):
                opened.engine.run(opened.workload.blocks[block])

    def call(self, job: JobNumber, task: bytes | memoryview) -> Any:
        """Evaluate a function of a job's workload, between two shards.

        Args:
            job: An open job.
            task: A pickled pair, from the driver: the function, and its further arguments.
        """
        function, arguments = pickle.loads(task)  # noqa: S301 (our own driver's)
        return function(self._jobs[job].workload, *arguments)

    def busy_with(self) -> tuple[JobNumber, int] | None:
        """Return the job and shard that is running, if one is."""
        return self._busy_with

    def close(self, job: JobNumber) -> None:
        """Forget a job; a shard of it that is running ends after the block that it is at.

        Args:
            job: One that was opened, or whose opening is on its way.
        """
        with self._lock:
            if self._jobs.pop(job, None) is None:
                self._closed.add(job)
