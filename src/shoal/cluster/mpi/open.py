"""An MPI world put to work: rank 0 gets a pool of the others, which serve."""

from __future__ import annotations

import sys

from .muster import muster
from .pool import MpiPool
from .rank import serve
from .world import MpiWorld


def mpi_pool(*, gpus: int = 0) -> MpiPool:
    """Divide the world into one that drives and others that work; called by every rank.

    Whoever calls it again has the same pool, and closes it as well.

    Args:
        gpus: GPUs of each worker: 0 or 1.

    Returns:
        The workers, on rank 0.

    Raises:
        ExecutionError: There is no MPI library, or the world is not as its launcher says.
        SystemExit: This is not rank 0, and all is done.
    """
    global _pool
    if _pool is not None and _pool.is_open:
        _pool.hold()
        return _pool
    world = MpiWorld.join()
    own_slot, workers = muster(world, gpus=gpus)
    if world.rank == 0:
        _pool = MpiPool(world, workers, own_slot)
        return _pool
    me = workers[world.rank]
    serve(world, me.worker, me.slot)
    sys.exit(0)


_pool: MpiPool | None = None
