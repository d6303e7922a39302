"""The engine that sends circuits to one of Qiskit's backends: a hardware queue or a simulator."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ...primitives.errors import EngineError
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, Workload
from .backend_batches import Batch, BlockCircuits, JobCut, Place, add_entries
from .backend_jobs import BackendJob, Entries
from .backend_limits import BackendLimits
from .backend_templates import BackendTemplates
from .seeds import block_generator, engine_seed

SEEDED_SHOTS = 2048
"""Shots of several circuits in one seeded job: Aer seeds shot s of the r-th circuit with
seed + 2113 r + s, so with more of them two circuits would draw the same shots."""

JOBS_AHEAD = 4
"""Batches that wait in a queue at once."""


@dataclass(slots=True, eq=False)
class _Sent:
    """A batch on its way."""

    batch: Batch
    jobs: list[tuple[JobCut, BackendJob]] = field(default_factory=list)


class BackendEngine:
    """Runs blocks as jobs of a backend."""

    def __init__(
        self,
        request: Request,
        workload: Workload,
        templates: BackendTemplates,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make the engine of one workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            templates: Of the backend, kept for later workloads.
            cancelled: Asked while a job waits in the queue.
        """
        self._request = request
        self._circuits = BlockCircuits(workload, templates)
        self._cancelled = cancelled
        self._backend = templates.backend
        self._limits = BackendLimits.of(self._backend)

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: The backend refused or broke.
        """
        return next(self.run_all([block]))

    def run_all(self, blocks: Sequence[Block]) -> Iterator[BlockOutcome]:
        """Execute blocks in few jobs.

        A simulator that takes a seed gets a job for each block, so that a block's shots depend on
        nothing but the block. A queue has no seeds, and its waiting time counts by the job: there
        a job is filled up with whatever blocks come next, and some wait in the queue at once.

        Raises:
            EngineError: The backend refused or broke.
            JobCancelledError: The work was cancelled while the backend had it.
        """
        ahead = 0 if self._limits.is_seeded else JOBS_AHEAD
        sent: deque[_Sent] = deque()
        try:
            for batch in self._batches(blocks):
                sent.append(_Sent(batch))
                self._send(sent[-1])
                if len(sent) > ahead:
                    yield from self._receive(sent[0])
                    sent.popleft()
            while sent:
                yield from self._receive(sent[0])
                sent.popleft()
        finally:
            for one in sent:
                for _, job in one.jobs:
                    job.cancel()

    def _batches(self, blocks: Sequence[Block]) -> Iterator[Batch]:
        if not self._limits.is_seeded:
            return self._circuits.batches(blocks, self._limits.max_circuits)
        return (self._circuits.batch([block]) for block in blocks)

    def _send(self, sent: _Sent) -> None:
        generator = block_generator(self._request.seed, sent.batch.blocks[0].index, 0)
        for cut in self._cuts(sent.batch):
            seed = engine_seed(generator) if self._limits.is_seeded else None
            sent.jobs.append((cut, self._job(sent.batch, cut, seed)))

    def _cuts(self, batch: Batch) -> Iterator[JobCut]:
        limits = self._limits
        if not limits.is_seeded or batch.num_circuits == 1:
            return self._circuits.cuts(batch, limits.max_circuits, limits.max_shots)
        most = min(limits.max_shots or SEEDED_SHOTS, SEEDED_SHOTS)
        return self._circuits.cuts(batch, limits.max_circuits, most)

    def _job(self, batch: Batch, cut: JobCut, seed: int | None) -> BackendJob:
        with_memory = self._limits.has_memory and self._request.primitive == "sampler"
        try:
            circuits = self._circuits.circuits(batch, cut)
        except EngineError as error:
            raise EngineError(f"{self._circuits.blame(batch, cut.places[0])}: {error}") from error
        return BackendJob(self._backend, self._limits, circuits, cut.shots, seed, with_memory)

    def _receive(self, sent: _Sent) -> Iterator[BlockOutcome]:
        found: dict[Place, Entries] = {}
        for cut, job in sent.jobs:
            try:
                add_entries(found, cut.places, job.entries(self._cancelled))
            except EngineError as error:
                where = self._circuits.blame(sent.batch, cut.places[0])
                raise EngineError(f"{where}: {error}") from error
        record = EngineRecord("backend", self._limits.name, "queue", "the mode is a backend")
        yield from self._circuits.outcomes(sent.batch, found, record)
