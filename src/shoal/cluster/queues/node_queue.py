"""A queue whose vendor only one of a cluster's nodes can reach, as Python says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..worker_pool import WorkerPool
from .far import FarQueue, open_on
from .far_side import FarProvider


@dataclass(frozen=True, slots=True)
class NodeQueue:
    """A queue that a worker on a node of its own speaks with, for `Cluster.with_queues`.

    >>> NodeQueue("my_site:torino", node="n1").node
    'n1'
    """

    provider: str
    """``module:function``, called on the node; returns a backend, or a sampler of Qiskit's V2
    interface."""
    node: str
    """The node's name, a label's value or ``LABEL=VALUE`` of it, or a custom resource."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of the function."""
    folder: str = ""
    """In which the function's module is looked for, too."""


def opened_on(pool: WorkerPool, queues: Mapping[str, Any]) -> dict[str, Any]:
    """Open those queues that have nodes of their own.

    Args:
        pool: The workers of a cluster.
        queues: As `Cluster.with_queues` takes them.

    Returns:
        All queues; there are no `NodeQueue` among them any more.

    Raises:
        RequestError: There is no such node, or a provider cannot be called there.
        ExecutionError: The pool is closed, or a worker is lost again and again.
    """
    far: dict[str, FarProvider] = {}
    for name, said in queues.items():
        device = said[0] if isinstance(said, tuple) else said
        if isinstance(device, NodeQueue):
            arguments = dict(device.arguments)
            far[name] = FarProvider(device.provider, arguments, device.node, device.folder)
    opened = open_on(pool, far) if far else {}
    return {name: _with(said, opened.get(name)) for name, said in queues.items()}


def _with(said: Any, opened: FarQueue | None) -> Any:
    """Put an open queue in the place of one that is only said."""
    if opened is None:
        return said
    return (opened, said[1]) if isinstance(said, tuple) else opened
