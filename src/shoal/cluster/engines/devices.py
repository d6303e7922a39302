"""What an engine computes on: cores, or a GPU."""

from __future__ import annotations

from ...primitives.request import Request

CPU_ENGINES = frozenset({"batched"})
"""Engines that have no use for a GPU."""


def device_of(request: Request, engine: str) -> str:
    """Return the device that an engine is to use.

    Args:
        request: What is asked. Its device is for all pubs; but one whose own engine has no use for
            a GPU runs on cores beside others that do.
        engine: Of a pub.
    """
    engines = request.options.execution.engines
    if engine in CPU_ENGINES and engines is not None and not CPU_ENGINES.issuperset(engines):
        return "CPU"
    return request.options.simulator.device
