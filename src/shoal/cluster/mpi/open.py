"""An MPI world put to work: rank 0 gets a pool of the others, which serve."""

from __future__ import annotations

import sys

from ...orchestrator.ports import Slot
from ..engines.aer_gang import want_gangs
from ..engines.gang_layout import gang_fault
from .muster import muster
from .pool import MpiPool
from .rank import serve
from .world import MpiWorld


def mpi_pool(*, gpus: int = 0, gang: int | None = None) -> MpiPool:
    """Divide the world into one that drives and others that work; called by every rank.

    Whoever calls it again has the same pool, and closes it as well.

    Args:
        gpus: GPUs of each worker: 0 or 1.
        gang: Ranks that share one state, for engine ``aer_mpi``; ``None``: as the circuits want.

    Returns:
        The workers, on rank 0.

    Raises:
        ValueError: So many ranks cannot share a state.
        ExecutionError: There is no MPI library, or the world is not as its launcher says.
        SystemExit: This is not rank 0, and all is done.
    """
    global _pool
    if gang is not None and (fault := gang_fault(gang)):
        raise ValueError(fault)
    if _pool is not None and _pool.is_open:
        _pool.hold()
        return _pool
    world = MpiWorld.join()
    want_gangs(gang)
    ranks = muster(world, gpus=gpus)
    if world.rank == 0:
        _pool = MpiPool(world, ranks)
        return _pool
    me = ranks[world.rank]
    serve(world, me.worker, me.slot)
    sys.exit(0)


_pool: MpiPool | None = None


def open_slot() -> Slot | None:
    """Return what each worker may use, of the world that is open."""
    return None if _pool is None else _pool.slot
