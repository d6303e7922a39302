"""Where it runs: engines, workers, executors, Slurm, the command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cluster import Cluster
    from .stored_jobs import OpenedStore, StoredJobHandle, open_store

__all__ = ["Cluster", "OpenedStore", "StoredJobHandle", "open_store"]

_HOMES = {
    "Cluster": ".cluster",
    "OpenedStore": ".stored_jobs",
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
