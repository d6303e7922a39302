"""What a profile says of each worker's share of its node: ``[placement]``, or ``[kinds.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ByteSize, ConfigDict, Field, PositiveFloat, PositiveInt

from ..worker_kind import WorkerKind


class PlacementTable(BaseModel):
    """What each worker has of its node, and on which nodes it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threads_per_worker: PositiveInt | None = None
    """Left out: 1, or on this machine alone what the cores allow."""
    gpus_per_worker: Annotated[float, Field(ge=0, le=1)] = 0.0
    """One, none, or a part of one."""
    memory_per_worker: Annotated[ByteSize, Field(gt=0)] | None = None
    """Such as ``16GiB``; left out: nobody counts."""
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
            reserved_bytes=self.memory_per_worker,
            labels=self.labels,
            resources=self.resources,
        )


class KindTable(PlacementTable):
    """Workers of one kind, of several."""

    workers: PositiveInt | None = None
    """How many; left out: as many as there is room for."""


def check_placement(
    placement: PlacementTable,
    kinds: Mapping[str, KindTable],
    *,
    has_address: bool,
    has_nodes: bool,
) -> None:
    """Refuse what the Ray that is meant cannot have.

    Args:
        placement: The table ``[placement]``.
        kinds: The tables ``[kinds.NAME]``.
        has_address: Whether it is one that runs already.
        has_nodes: Whether it is started on the nodes of a Slurm job.

    Raises:
        ValueError: It cannot.
    """
    if kinds and placement != PlacementTable():
        raise ValueError("placement and kinds: say one of them; each kind has placement's keys")
    if has_address:
        return
    if placement.resources or any(kind.resources for kind in kinds.values()):
        raise ValueError(
            "placement: resources are those of the nodes of a Ray that runs already: say its "
            "address; nodes of a Slurm job have labels"
        )
    if has_nodes:
        return
    if placement.labels or placement.memory_per_worker or kinds:
        raise ValueError(
            "placement: labels, memory_per_worker and kinds choose among the nodes of a Ray that "
            "runs already, or of a Slurm job: say its address, or a table [slurm]"
        )
    if placement.gpus_per_worker not in (0.0, 1.0):
        raise ValueError(
            f"gpus_per_worker={placement.gpus_per_worker:g}: on this machine alone, a worker has "
            "one GPU or none; parts of one take a Ray that runs already (address)"
        )
