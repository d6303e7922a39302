"""How many ranks a job wants to share a state."""

from __future__ import annotations

from ...orchestrator.ports import Slot
from ...primitives.expansion import expand
from ...primitives.request import Request

GANG_ENGINES = frozenset({"aer_mpi"})
"""Engines that spread a state over several ranks."""


def gang_of(request: Request, slot: Slot) -> int:
    """Choose the size of a job's gangs, from its engine and its circuits.

    Args:
        request: What is asked.
        slot: What each rank may use.

    Returns:
        Ranks of a gang; 1: each has states of its own.
    """
    if not is_for_gangs(request):
        return 1
    from ..engines.aer_mpi import gang_for

    return gang_for(request, expand(request), slot.memory_bytes)


def is_for_gangs(request: Request) -> bool:
    """Tell whether any pub's state is to be spread over several ranks.

    Args:
        request: What is asked.
    """
    return any(request.engine_of(pub) in GANG_ENGINES for pub in range(len(request.pubs)))
