"""A batch's jobs on their way: which are to be sent, which are out, what came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ...orchestrator.vendor_jobs import PlannedBatch, Submission
from ..engines.backend_batches import Batch, JobCut, Place
from ..engines.backend_jobs import Entries


@dataclass(slots=True, eq=False)
class OpenBatch:
    """A batch that has not brought everything yet."""

    planned: PlannedBatch
    batch: Batch
    cuts: list[JobCut]
    found: dict[Place, Entries] = field(default_factory=dict)
    parts_done: set[int] = field(default_factory=set)
    job_ids: list[str] = field(default_factory=list)
    measured: dict[int, str] = field(default_factory=dict)
    """When the last shots of each block were taken, UTC, ISO 8601."""

    @property
    def is_done(self) -> bool:
        """Whether every job has brought its shots."""
        return len(self.parts_done) == len(self.cuts)


@dataclass(slots=True, eq=False)
class Flight:
    """One job of a batch, from its intention to its shots."""

    open_batch: OpenBatch
    part: int
    submission: Submission | None = None
    """``None``: nothing was ever sent, or what was sent has come to nothing."""
    state: Literal["unsent", "doubtful", "out"] = "unsent"
    """Doubtful: the vendor may have it, and we do not know its id."""
    is_reattached: bool = False
    """Whether another run has sent it."""
    looks: int = 0
    next_look: float = 0.0

    @property
    def cut(self) -> JobCut:
        """What the job is."""
        return self.open_batch.cuts[self.part]
