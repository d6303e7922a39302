"""Where it runs: engines, workers, executors, Slurm, the command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .attachment import Attachment
    from .cluster import Cluster
    from .device_modes import Batch, Device, Session
    from .queue_runner import Queues
    from .queues.node_queue import NodeQueue
    from .stored_jobs import OpenedStore, StoredJobHandle, open_store
    from .worker_kind import WorkerKind

__all__ = [
    "Attachment",
    "Batch",
    "Cluster",
    "Device",
    "NodeQueue",
    "OpenedStore",
    "Queues",
    "Session",
    "StoredJobHandle",
    "WorkerKind",
    "open_store",
]

_HOMES = {
    "Batch": ".device_modes",
    "Attachment": ".attachment",
    "WorkerKind": ".worker_kind",
    "Cluster": ".cluster",
    "Device": ".device_modes",
    "NodeQueue": ".queues.node_queue",
    "OpenedStore": ".stored_jobs",
    "Queues": ".queue_runner",
    "Session": ".device_modes",
    "StoredJobHandle": ".stored_jobs",
    "open_store": ".stored_jobs",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: ``shoal --help`` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
    return found


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
