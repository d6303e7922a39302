"""All ranks of a world as one worker: each runs its part of every block, in step."""

from __future__ import annotations

from dataclasses import dataclass

from ...orchestrator.inline import InlineExecutor
from ...orchestrator.ports import Engine, Slot
from ...primitives.expansion import expand
from ...primitives.outcomes import BlockOutcome
from ...primitives.workload import Block
from ..ray_executor import RayExecutor
from ..ray_messages import RunBlock
from ..worker import JobNumber, JobSpec
from ..worker_pool import WorkerPool
from .pool import MpiPool

GANG_ENGINES = frozenset({"aer_mpi"})
"""Engines of which every rank has a part."""


def open_executor(pool: WorkerPool, spec: JobSpec) -> RayExecutor | GangExecutor:
    """Begin a job on workers: each on its own, or all together where its engine wants that.

    Args:
        pool: The workers.
        spec: What they must know of the job.
    """
    request = spec.request
    engines = {request.engine_of(pub) for pub in range(len(request.pubs))}
    if engines & GANG_ENGINES and isinstance(pool, MpiPool):
        return GangExecutor(pool, spec)
    return RayExecutor(pool, spec)


class GangExecutor(InlineExecutor):
    """Runs a job's blocks one after the other, on all ranks at once; this one commits."""

    def __init__(self, pool: MpiPool, spec: JobSpec) -> None:
        """Tell all ranks of the job.

        Args:
            pool: The other ranks.
            spec: What they must know.
        """
        self._pool = pool
        self._job = pool.open(spec, lambda told: None)
        workload = expand(spec.request)

        def engine(slot: Slot) -> Engine:
            own = spec.make_engine(spec.request, workload, slot)
            return _GangEngine(pool, self._job, own)

        super().__init__(engine, spec.committer, slot=pool.own_slot)

    def close(self) -> None:
        """Take the job back from all ranks, which live on for others."""
        super().close()
        self._pool.close_job(self._job)


@dataclass(frozen=True, slots=True)
class _GangEngine:
    pool: MpiPool
    job: JobNumber
    own: Engine

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block, when every rank has been told to do so too."""
        self.pool.check_open()
        self.pool.send_and_wait(RunBlock(self.job, block.index))
        return self.own.run(block)
