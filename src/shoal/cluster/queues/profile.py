"""``[queues.NAME]`` of a profile: where a queue is, and the numbers that it is served by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from ...primitives.errors import RequestError
from ..attachment import Attachment
from .far import open_far
from .far_side import FarProvider, look_for_modules_in
from .node_queue import NodeQueue
from .opening import open_provider
from .served import QueueSet
from .settings import QueueSettings


class QueueTable(BaseModel):
    """One queue. Credentials have no place here: the environment, or the provider's own account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    """``module:function``; returns a backend, or a sampler of Qiskit's V2 interface."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Of the function."""
    node: Annotated[str, Field(min_length=1)] | None = None
    """The node whose worker speaks with the vendor, by its name, a label or a custom resource;
    ``None``: the process that drives the job does."""
    rehearse: str | None = None
    """``module:function`` of a device that stands for it in a rehearsal."""
    script: dict[str, Any] = Field(default_factory=dict)
    """How it misbehaves in a rehearsal: fields of `FakeScript`, instead of the usual faults."""
    max_in_flight: PositiveInt = 5
    poll_seconds: PositiveFloat = 1.0
    max_poll_seconds: PositiveFloat = 60.0
    patience_seconds: PositiveFloat = 3600.0
    max_attempts: PositiveInt = 3
    resubmit_in_doubt: bool = False
    max_circuits: PositiveInt | None = None
    max_payload_bytes: PositiveInt | None = None

    def settings(self) -> QueueSettings:
        """Return the numbers."""
        others = {"provider", "arguments", "node", "rehearse", "script"}
        return QueueSettings(**self.model_dump(exclude=others))


def open_queues(
    tables: Mapping[str, QueueTable],
    folder: Path,
    address: str | None = None,
    attachment: Attachment | None = None,
) -> QueueSet:
    """Open a profile's queues.

    Args:
        tables: By name.
        folder: Of the profile, in which providers are looked for, too.
        address: Of the Ray whose nodes queues name; ``None``: there is none yet.
        attachment: What else is said of that Ray.

    Raises:
        RequestError: A provider cannot be called, or is out of reach; a node is not there.
    """
    far = {
        name: FarProvider(table.provider, table.arguments, table.node, str(folder.absolute()))
        for name, table in tables.items()
        if table.node is not None
    }
    look_for_modules_in(folder)
    opened = open_far(far, address, attachment) if far else {}
    return QueueSet(_with_settings(tables, opened))


def queues_of_nodes(tables: Mapping[str, QueueTable], folder: Path) -> dict[str, Any]:
    """Open a profile's queues but for those that have nodes, for a cluster to open.

    Args:
        tables: By name.
        folder: Of the profile, in which providers are looked for, too.

    Returns:
        What `Cluster.with_queues` takes.

    Raises:
        RequestError: A provider cannot be called, or is out of reach.
    """
    place = str(folder.absolute())
    far = {
        name: NodeQueue(table.provider, table.node, table.arguments, place)
        for name, table in tables.items()
        if table.node is not None
    }
    look_for_modules_in(folder)
    return _with_settings(tables, far)


def _with_settings(tables: Mapping[str, QueueTable], opened: Mapping[str, Any]) -> dict[str, Any]:
    """Open the queues that are not open, and pair each with its numbers."""
    found: dict[str, Any] = {}
    for name, table in tables.items():
        try:
            settings = table.settings()
        except ValueError as error:
            raise RequestError(f"queues.{name}: {error}") from error
        queue = opened.get(name) or open_provider(name, table.provider, table.arguments)
        found[name] = queue, settings
    return found
