"""What Ray's driver and the agents on the nodes tell each other: lines of JSON through ``srun``.

The token travels this way, too: never on a command line, in a variable, or in a shared file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Order:
    """What an agent is to start: the first line that it reads."""

    token: str = field(repr=False)
    is_head: bool
    """Whether this node is to have Ray's head; the others are told where that is."""
    witness: str | None
    """A file in the store that every node must see; ``None``: there is no store."""
    peer: str | None
    """Another node of the job, to find the way there; ``None``: there is none."""
    interface: str | None
    port: int
    memory_bytes_per_node: int | None
    memory_bytes_per_cpu: int | None
    driver_node: str
    """Where the driver is."""
    silence_seconds: float
    """When to look whether that node is lost."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the node, for Ray."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where Ray's head is: the second line that the other nodes' agents read."""

    address: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """An agent runs."""

    host: str
    sees_store: bool


@dataclass(frozen=True, slots=True)
class RayStarted:
    """An agent has started Ray; a head takes connections by now."""

    address: str
    """Of the head."""
    cpus: int
    gpus: int


@dataclass(frozen=True, slots=True)
class RayEnded:
    """An agent's Ray could not start, or has ended by itself; the agent ends, too."""

    words: str


Message = Order | Head | Arrived | RayStarted | RayEnded

_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Order, Head, Arrived, RayStarted, RayEnded)
}


def to_line(message: Message) -> bytes:
    """Write a message as one line.

    Args:
        message: The message.
    """
    return json.dumps([type(message).__name__, asdict(message)]).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """Read a message.

    Args:
        line: As `to_line` wrote it.

    Raises:
        ValueError: It is something else.
    """
    try:
        kind, fields = json.loads(line)
        return _KINDS[kind](**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"not a message of an agent: {line[:200]!r}") from error
