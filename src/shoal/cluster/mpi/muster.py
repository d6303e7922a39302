"""Who is there, and what each rank may use of its node: all ranks tell each other at the start."""

from __future__ import annotations

import os
import socket
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from ...orchestrator.ports import Slot, WorkerJoined
from ...primitives.errors import ExecutionError
from ..engines.aer_build import is_aer_with_mpi
from ..node_memory import usable_memory_bytes
from ..slurm.environment import mebibytes
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
    node_bytes: int | None = None
    """Memory that all ranks of the node may use, together."""
    own_bytes: int | None = None
    """Memory that Slurm gives to this one."""

    @classmethod
    def here(cls, environ: Mapping[str, str]) -> Introduction:
        """Describe this process.

        Args:
            environ: The environment's variables.
        """
        said = environ.get("SLURM_CPUS_PER_TASK", "0")
        said = said if said.isdecimal() else "0"
        visible = environ.get("CUDA_VISIBLE_DEVICES", "")
        return cls(
            socket.gethostname(),
            frozenset(os.sched_getaffinity(0)),
            int(said) or None,
            tuple(gpu.strip() for gpu in visible.split(",") if gpu.strip()),
            min(usable_memory_bytes(), mebibytes(environ.get("SLURM_MEM_PER_NODE")) or sys.maxsize),
            (mebibytes(environ.get("SLURM_MEM_PER_CPU")) or 0) * max(int(said), 1) or None,
        )


def muster(world: MpiWorld, *, gpus: int) -> dict[int, WorkerJoined]:
    """Have every rank introduce itself, and divide the nodes; called by all ranks at once.

    Args:
        world: The processes.
        gpus: How many GPUs a worker has: 0 or 1.

    Returns:
        All ranks; 0 as well, which may work along.

    Raises:
        ExecutionError: A rank has no GPU, and was to have one.
    """
    found = cast("list[Introduction]", world.comm.allgather(Introduction.here(os.environ)))
    slots = [slots_of(found, gpus=0)[0], *slots_of(found[1:], gpus=gpus)]
    memory = memory_of(found)
    if is_aer_with_mpi():
        # Rank 0 may work as the others do, and what one refuses for want of memory all must.
        slots = slots_of(found, gpus=0)
        memory = [min((one for one in memory if one is not None), default=None)] * len(found)
    return {
        rank: WorkerJoined(f"rank{rank}", one.host, replace(slot, memory_bytes=num_bytes))
        for rank, (one, slot, num_bytes) in enumerate(zip(found, slots, memory, strict=True))
    }


def memory_of(ranks: Sequence[Introduction]) -> list[int | None]:
    """Share the nodes' memory out equally among all of their ranks.

    Args:
        ranks: How they introduced themselves.

    Returns:
        Bytes that each may use; ``None``: nothing is known.
    """
    sharing = Counter(one.host for one in ranks)
    return [
        min(
            (
                limit
                for limit in (one.node_bytes and one.node_bytes // sharing[one.host], one.own_bytes)
                if limit
            ),
            default=None,
        )
        for one in ranks
    ]


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
