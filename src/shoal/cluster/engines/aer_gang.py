"""The ranks that an Aer built for MPI spreads its states over: all of its world, or a gang."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence

from .aer_build import aer_library, has_gangs
from .gang_layout import gang_sizes


def world_size() -> int:
    """Return how many ranks the MPI world of this process has; 1 where it is in none."""
    world = sys.modules.get("mpi4py.MPI")
    return 1 if world is None or world.Is_finalized() else int(world.COMM_WORLD.Get_size())


def want_gangs(ranks: int | None) -> None:
    """Say how many ranks shall share a state; called by every rank.

    Args:
        ranks: Of each gang; ``None``: as the circuits want it.
    """
    global _wanted
    _wanted = ranks


def wanted_gang() -> int | None:
    """Return how many ranks shall share a state, where that was said."""
    return _wanted


def possible_gangs() -> Sequence[int]:
    """Return of how many ranks the gangs of this world can be, rising."""
    world = world_size()
    sizes = gang_sizes(world)
    if not has_gangs():
        sizes = [size for size in sizes if size == world]
    return sizes if _wanted is None else [size for size in sizes if size == _wanted]


def spread_over(communicator: int) -> None:
    """Have Aer spread the states of this process over a gang from now on.

    Args:
        communicator: The gang's, as Fortran's number of it.
    """
    library = aer_library()
    assert library is not None
    ctypes.CDLL(str(library)).shoal_aer_gang(ctypes.c_int(communicator))


_wanted: int | None = None
