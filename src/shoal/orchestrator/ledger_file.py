"""The ledger on disk: lines of JSON that are only ever appended, by one driver.

The segments are the truth; the ledger says in which order they came and which were given up. A line
that a crash cut short is dropped, a line that cannot be read is passed over, and a ledger that was
deleted is written again: in each case the segments themselves are asked.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .commitments import Commitment, Commitments
from .durable import FILE_MODE, explained, sync_folder, write_all
from .ports import SegmentName

LEDGER_NAME = "ledger.jsonl"


SYNC_SECONDS = 0.1
"""How long a line may wait to be durable: a driver of many nodes shall not wait for its disk."""


class LedgerFile:
    """Appends to a job's ledger; a line outlives the process at once, and the machine soon after.

    What a loss of power takes of it is found again in the segments, which are durable before.
    """

    def __init__(self, folder: Path, name: str = LEDGER_NAME) -> None:
        self._path = folder / name
        self._descriptor = open_for_append(self._path)
        self._synced = 0.0

    def commit(self, commitment: Commitment) -> None:
        """Say that a segment counts."""
        fields = asdict(commitment)
        fields["blocks"] = ranges_of(commitment.blocks)
        self._append({"commit": fields.pop("name"), **fields})

    def forget(self, name: SegmentName, reason: str) -> None:
        """Say that a segment counts no longer."""
        self._append({"forget": name, "reason": reason})

    def close(self) -> None:
        """Make every line durable, and close the file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                with explained(self._path):
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _append(self, entry: Mapping[str, Any]) -> None:
        stamped = {**entry, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        line = json.dumps(stamped, separators=(",", ":")).encode() + b"\n"
        with explained(self._path, len(line)):
            start = os.fstat(self._descriptor).st_size
            try:
                write_all(self._descriptor, line)
            except OSError:
                # A full disk may have taken a part of the line: the next one must not join it.
                os.ftruncate(self._descriptor, start)
                raise
            if time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(self._descriptor)
                self._synced = time.monotonic()


def read_ledger(folder: Path, name: str = LEDGER_NAME) -> Commitments:
    """Read which segments count, as far as the ledger knows.

    Args:
        folder: The job's folder.
        name: The ledger's: the tasks of an array have others.

    Returns:
        The commitments; none at all where there is no ledger.
    """
    found = Commitments()
    path = folder / name
    try:
        with explained(path):
            lines = path.read_bytes().split(b"\n") if path.exists() else []
    except FileNotFoundError:
        lines = []
    for line in lines:
        _apply(found, line)
    return found


def _apply(found: Commitments, line: bytes) -> None:
    try:
        entry = json.loads(line)
        if "commit" in entry:
            found.add(_commitment(entry))
        elif "forget" in entry:
            found.forget(entry["forget"])
    except (ValueError, TypeError, KeyError):
        # Cut short by a crash, or damaged: what it said is found again in the segments.
        return


def _commitment(entry: Mapping[str, Any]) -> Commitment:
    return Commitment(
        name=str(entry["commit"]),
        blocks=numbers_of(entry["blocks"]),
        shots=int(entry["shots"]),
        num_bytes=int(entry["num_bytes"]),
        sha256=str(entry["sha256"]),
        worker=str(entry["worker"]),
        node=str(entry["node"]),
        seconds=float(entry["seconds"]),
    )


def open_for_append(path: Path) -> int:
    """Open a file of lines, and drop what a crash left of the last one.

    Args:
        path: Made if need be.
    """
    with explained(path):
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, FILE_MODE)
        try:
            torn = _torn_bytes(descriptor)
            if torn:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - torn)
                os.fsync(descriptor)
            if is_new:
                sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor


def _torn_bytes(descriptor: int) -> int:
    """Count the bytes behind the last line's end."""
    position = size = os.fstat(descriptor).st_size
    while position > 0:
        start = max(0, position - 65536)
        end_of_line = os.pread(descriptor, position - start, start).rfind(b"\n")
        if end_of_line >= 0:
            return size - (start + end_of_line + 1)
        position = start
    return size


def ranges_of(numbers: Iterable[int]) -> str:
    """Write rising numbers in short.

    >>> ranges_of([0, 1, 2, 7])
    '0-2,7'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def numbers_of(ranges: str) -> tuple[int, ...]:
    """Read what `ranges_of` wrote.

    >>> numbers_of("0-2,7")
    (0, 1, 2, 7)
    """
    found: list[int] = []
    for part in ranges.split(",") if ranges else ():
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)
