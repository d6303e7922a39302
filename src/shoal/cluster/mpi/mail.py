"""Messages between rank 0 and the others; one thread of each process sends and receives them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..ray_messages import OpenJob
from .world import MpiWorld

_WORDS, _BLOBS = 1, 2
"""MPI's tags: a job's specification follows its `OpenJob` as bytes, which are not copied."""

MIN_NAP_SECONDS, MAX_NAP_SECONDS = 5e-5, 2e-3
"""Between two looks for messages: waiting inside MPI would take a whole core."""


@dataclass(frozen=True, slots=True)
class Left:
    """A rank says its last word."""


@dataclass(frozen=True, slots=True)
class ToldToEnd:
    """A rank was sent a signal that is to end it."""

    signal: str


@dataclass(frozen=True, slots=True)
class FormGangs:
    """All ranks are to find together, so many to a gang."""

    ranks: int


@dataclass(frozen=True, slots=True)
class GangFormed:
    """A rank is in its gang."""


@dataclass(frozen=True, slots=True)
class ToSend:
    """Words to the thread that has the mail: others of the gang are to be told something."""

    ranks: Sequence[int]
    message: Any
    spec: bytes | memoryview | None = None
    """Of a job, with an `OpenJob`."""
    has_left: threading.Event | None = None
    """Set when the message has left this process, for whoever waits for that."""


class Mail:
    """Sends without waiting, and receives what is there. Only one thread may call it."""

    def __init__(self, world: MpiWorld) -> None:
        """Begin with nothing on the way.

        Args:
            world: The processes.
        """
        self._comm = world.comm
        self._on_the_way: deque[tuple[Any, Any]] = deque()

    def send(self, rank: int, message: Any) -> None:
        """Send a message.

        Args:
            rank: To whom.
            message: Anything that can be pickled.
        """
        self._on_the_way.append((self._comm.isend(message, rank, _WORDS), message))

    def send_job(self, rank: int, message: OpenJob, spec: bytes | memoryview) -> None:
        """Send what a worker must know of a job.

        Args:
            rank: To whom.
            message: The job's number.
            spec: A pickled `JobSpec`.
        """
        self.send(rank, message)
        self._on_the_way.append((self._comm.Isend(spec, rank, _BLOBS), spec))

    def send_all(self, order: ToSend) -> None:
        """Send a message to several ranks, and wait until it has left where somebody wants that.

        Args:
            order: What, and to whom.
        """
        for rank in order.ranks:
            if order.spec is None:
                self.send(rank, order.message)
            else:
                self.send_job(rank, order.message, order.spec)
        if order.has_left is not None:
            while not self.has_sent_all():
                time.sleep(MIN_NAP_SECONDS)
            order.has_left.set()

    def receive(self) -> Iterator[tuple[int, Any]]:
        """Take in what has come.

        Yields:
            The sender's rank, and the message; with an `OpenJob`, a pair of it and its bytes.
        """
        while (found := self._comm.improbe(tag=_WORDS)) is not None:
            status = _status()
            message = found.recv(status=status)
            sender = status.Get_source()
            if isinstance(message, OpenJob):
                spec = bytearray(message.num_bytes)
                self._comm.Recv(spec, sender, _BLOBS)
                yield sender, (message, memoryview(spec))
            else:
                yield sender, message

    def has_sent_all(self) -> bool:
        """Say whether everything that was sent has left; what has is forgotten."""
        self._on_the_way = deque(
            (request, kept) for request, kept in self._on_the_way if not request.Test()
        )
        return not self._on_the_way


def _status() -> Any:
    from mpi4py import MPI

    return MPI.Status()
