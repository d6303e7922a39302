"""Who runs requests: the protocol, and how the runner behind a ``mode`` is found."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from qiskit.providers import BackendV2

from .errors import UnsupportedError
from .job import Job
from .options import EstimatorOptions, SamplerOptions
from .request import Request

ENTRY_POINT_GROUP = "shoal.runners"


@runtime_checkable
class Runner(Protocol):
    """Runs requests: this process, a cluster, a hardware queue."""

    def submit(self, request: Request) -> Job:
        """Start a request.

        Raises:
            RequestError: The request cannot be served here; nothing was started.
        """
        ...


def check_mode(mode: object) -> None:
    """Refuse what can run nothing.

    Raises:
        TypeError: The mode is none of those that a primitive takes.
    """
    is_value = not isinstance(mode, type)
    if mode is None or (is_value and isinstance(mode, Runner | BackendV2)):
        return
    found = f"the class {mode.__name__}" if isinstance(mode, type) else type(mode).__name__
    raise TypeError(
        f"mode: found {found}, expected None (this process), a shoal.cluster.Cluster, or a Qiskit"
        " BackendV2"
    )


def has_device(mode: object, options: EstimatorOptions | SamplerOptions) -> bool:
    """Return whether circuits go to a device, which draws shots and has idle times to fill.

    Args:
        mode: Of a primitive; a runner with queues has their ``queue_names``.
        options: Of the primitive, which may name a queue.
    """
    queues: Collection[str] = getattr(mode, "queue_names", ())
    return isinstance(mode, BackendV2) or names_a_queue(options, queues)


def names_a_queue(options: EstimatorOptions | SamplerOptions, queues: Collection[str]) -> bool:
    """Return whether any pub is to run on a queue.

    Args:
        options: Of a primitive.
        queues: Names of those that there are.
    """
    execution = options.execution
    return any(name in queues for name in execution.engines or (execution.engine,))


def runner_of(mode: Runner | BackendV2 | None) -> Runner:
    """Return what runs the requests of a primitive.

    Args:
        mode: ``None`` for this process, a runner, or one of Qiskit's backends.
    """
    if mode is not None and isinstance(mode, Runner):
        return mode
    return _in_process_runner()(mode)


@cache
def _in_process_runner() -> Callable[[BackendV2 | None], Runner]:
    """Find the runner of this process, which lives on a floor that this one does not import."""
    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name="default"):
        make: Callable[[BackendV2 | None], Runner] = entry_point.load()
        return make
    raise UnsupportedError(
        f"no runner is registered as 'default' of the entry points {ENTRY_POINT_GROUP!r}: install"
        " Shoal with pip (a folder on PYTHONPATH is not enough), or say mode="
    )
