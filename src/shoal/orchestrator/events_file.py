"""How a job went, line by line: for people and reports. Nothing that counts depends on it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .durable import FILE_MODE, explained, write_all

EVENTS_NAME = "events.jsonl"


class EventsFile:
    """Appends to a job's events. A crash of the machine may lose the last ones."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS_NAME
        self._lock = threading.Lock()
        with explained(self._path):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._descriptor = os.open(self._path, flags, FILE_MODE)
            size = os.fstat(self._descriptor).st_size
            if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
                write_all(self._descriptor, b"\n")

    def note(self, event: str, words: Mapping[str, Any]) -> None:
        """Add an event: the scheduler's journal.

        Args:
            event: What happened, such as ``worker_lost``.
            words: What there is to say of it; what JSON cannot say is written as text.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **words}, default=str).encode() + b"\n"
        with self._lock, explained(self._path, len(line)):
            if self._descriptor >= 0:
                write_all(self._descriptor, line)

    def close(self) -> None:
        """Close the file; later events are dropped."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


def read_events(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Read a job's events, oldest first; a line that a crash cut short is passed over.

    Args:
        folder: The job's folder.
    """
    path = folder / EVENTS_NAME
    if not path.exists():
        return
    with explained(path), path.open("rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event
