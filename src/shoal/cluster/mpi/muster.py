"""Who is there, and what each rank may use of its node: all ranks tell each other at the start."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ...orchestrator.ports import Slot, WorkerJoined
from ...primitives.errors import ExecutionError
from .world import MpiWorld


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a rank says of itself."""

    host: str
    cores: frozenset[int]
    """Those that it may run on."""
    cores_said: int | None
    """What Slurm says that it may use."""
    gpus: tuple[str, ...]
    """Indices or UUIDs, as ``CUDA_VISIBLE_DEVICES`` has them."""

    @classmethod
    def here(cls, environ: Mapping[str, str]) -> Introduction:
        """Describe this process.

        Args:
            environ: The environment's variables.
        """
        said = environ.get("SLURM_CPUS_PER_TASK", "")
        visible = environ.get("CUDA_VISIBLE_DEVICES", "")
        return cls(
            socket.gethostname(),
            frozenset(os.sched_getaffinity(0)),
            int(said) if said.isdecimal() else None,
            tuple(gpu.strip() for gpu in visible.split(",") if gpu.strip()),
        )


def muster(world: MpiWorld, *, gpus: int) -> tuple[Slot, dict[int, WorkerJoined]]:
    """Have every rank introduce itself, and divide the nodes; called by all ranks at once.

    Args:
        world: The processes.
        gpus: How many GPUs a worker has: 0 or 1.

    Returns:
        What rank 0 may use where it works along, and the workers by their ranks: all but 0.

    Raises:
        ExecutionError: A rank has no GPU, and was to have one.
    """
    found = cast("list[Introduction]", world.comm.allgather(Introduction.here(os.environ)))
    slots = slots_of(found[1:], gpus=gpus)
    workers = {
        rank: WorkerJoined(f"rank{rank}", one.host, slot)
        for rank, (one, slot) in enumerate(zip(found[1:], slots, strict=True), 1)
    }
    return slots_of(found, gpus=0)[0], workers


def slots_of(workers: Sequence[Introduction], *, gpus: int) -> list[Slot]:
    """Divide the nodes among their ranks: cores that several may use are shared equally.

    Args:
        workers: How they introduced themselves.
        gpus: How many GPUs each has: 0 or 1.

    Raises:
        ExecutionError: A rank has no GPU, and was to have one.
    """
    sharing = Counter((one.host, one.cores) for one in workers)
    neighbours: Counter[tuple[str, tuple[str, ...]]] = Counter()
    slots = []
    for one in workers:
        threads = one.cores_said or len(one.cores) // sharing[one.host, one.cores]
        position = neighbours[one.host, one.gpus]
        neighbours[one.host, one.gpus] += 1
        if gpus and position >= len(one.gpus):
            raise ExecutionError(
                f"{neighbours[one.host, one.gpus]} ranks of {one.host} were to have a GPU each, "
                f"and see {len(one.gpus)} (CUDA_VISIBLE_DEVICES={','.join(one.gpus)!r}): start as "
                "many ranks as GPUs on each node, and one for rank 0"
            )
        slots.append(Slot(max(threads, 1), gpu=one.gpus[position] if gpus else None))
    return slots
