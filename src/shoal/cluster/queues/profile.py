"""``[queues.NAME]`` of a profile: where a queue is, and the numbers that it is served by."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from ...primitives.errors import RequestError
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
        others = {"provider", "arguments", "rehearse", "script"}
        return QueueSettings(**self.model_dump(exclude=others))


def open_queues(tables: Mapping[str, QueueTable], folder: Path) -> QueueSet:
    """Open a profile's queues.

    Args:
        tables: By name.
        folder: Of the profile, in which providers are looked for, too.

    Raises:
        RequestError: A provider cannot be called, or is out of reach.
    """
    look_for_modules_in(folder)
    found = {}
    for name, table in tables.items():
        try:
            settings = table.settings()
        except ValueError as error:
            raise RequestError(f"queues.{name}: {error}") from error
        found[name] = open_provider(name, table.provider, table.arguments), settings
    return QueueSet(found)


def look_for_modules_in(folder: Path) -> None:
    """Let providers be found beside a profile.

    Args:
        folder: The profile's.
    """
    place = os.fspath(folder.absolute())
    if place not in sys.path:
        sys.path.append(place)
