"""What a profile says of each worker's share of its node: the table ``[placement]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from ..worker_kind import WorkerKind


class PlacementTable(BaseModel):
    """What each worker has of its node, and on which nodes it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads_per_worker: PositiveInt | None = None
    """Left out: 1, or on this machine alone what the cores allow."""
    gpus_per_worker: Annotated[float, Field(ge=0, le=1)] = 0.0
    """One, none, or a part of one."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Ray's labels that a node must have."""
    resources: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Ray's custom resources that each worker takes."""

    def kind(self, workers: int | None) -> WorkerKind:
        """Return the workers that are wanted.

        Args:
            workers: How many; ``None``: as many as there is room for.
        """
        return WorkerKind(
            workers=workers,
            threads=self.threads_per_worker or 1,
            gpus=self.gpus_per_worker,
            labels=self.labels,
            resources=self.resources,
        )
