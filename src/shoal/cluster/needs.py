"""What a job needs of its workers, and whether a cluster has such."""

from __future__ import annotations

from collections.abc import Iterable

from ..orchestrator.ports import CPU, GPU
from ..primitives.errors import UnsupportedError
from ..primitives.request import Request


def needs_of(request: Request) -> str:
    """Return what a worker must offer to run a request's blocks.

    Args:
        request: What is asked.
    """
    return GPU if request.options.simulator.device == "GPU" else CPU


def check_offer(needs: str, offers: Iterable[str]) -> None:
    """Refuse a job that would wait for workers without end.

    Args:
        needs: What it needs of a worker.
        offers: What the cluster's workers offer, or will.

    Raises:
        UnsupportedError: None of them offers it.
    """
    offered = sorted(set(offers))
    if needs not in offered:
        raise UnsupportedError(
            f"the job needs workers that offer {needs!r}; those of this cluster offer "
            f"{', '.join(map(repr, offered))}: "
            + (
                "give them GPUs (gpus=, or gpus_per_worker in a profile), or take "
                "simulator.device 'CPU'"
                if needs == GPU
                else "connect with a kind of worker that serves it"
            )
        )
