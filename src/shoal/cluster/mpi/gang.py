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
    engines = {request.engine_of(pub) for pub in range(len(request.pubs))}
    if not engines & GANG_ENGINES:
        return 1
    from ..engines.aer_mpi import gang_for

    return gang_for(request, expand(request), slot.memory_bytes)
