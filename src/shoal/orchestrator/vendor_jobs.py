"""What was sent to queues, on disk before we wait for it: so that nothing is paid for twice.

A vendor's job goes through three lines: ``plan`` says which blocks travel together, ``intend``
names a job before it is submitted, ``submitted`` has the vendor's id once that is known. Each is
durable before the next step is taken. Between the last two a crash leaves a job whose fate is
unknown: its name, which travels with it as a tag, is what the vendor is asked for.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from .device_properties import keep_properties
from .durable import explained, write_all
from .ledger_file import numbers_of, open_for_append, ranges_of

VENDOR_JOBS_NAME = "vendor_jobs.jsonl"

End = Literal["failed", "lost", "cancelled"]
"""How a vendor's job ended without shots; one that has them ends by its blocks' commitment."""


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """Blocks that travel together, and the limits by which they were cut into jobs."""

    number: int
    queue: str
    blocks: tuple[int, ...]
    limits: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Submission:
    """One attempt at one job of a batch."""

    tag: str
    """Its name, ours; no other submission has it."""
    batch: int
    part: int
    """Which of the batch's jobs."""
    attempt: int
    job_id: str | None = None
    """The vendor's; ``None``: not known."""
    end: End | None = None
    taken: str | None = None
    """When its shots were here, UTC, ISO 8601."""
    measured: str | None = None
    """When they were taken, as the vendor says; else when they were here for the first time."""


@dataclass(slots=True)
class _Books:
    batches: list[PlannedBatch] = field(default_factory=list)
    submissions: dict[str, Submission] = field(default_factory=dict)
    latest: dict[tuple[int, int], str] = field(default_factory=dict)


class VendorJobs:
    """Appends to a job's list of vendor's jobs; several queues' gateways may share it."""

    def __init__(self, folder: Path | None, name: str = "job") -> None:
        """Read what there is.

        Args:
            folder: The job's folder, driven by this process; ``None``: nothing outlives us.
            name: What tags begin with.
        """
        self._path = None if folder is None else folder / VENDOR_JOBS_NAME
        self._name = name
        self._lock = threading.Lock()
        self._books = _Books() if self._path is None else read_vendor_jobs(self._path)
        self._descriptor = -1 if self._path is None else open_for_append(self._path)

    @property
    def is_durable(self) -> bool:
        """Whether a later process can find our jobs again."""
        return self._path is not None

    @property
    def submissions(self) -> Sequence[Submission]:
        """Every attempt, oldest first."""
        return tuple(self._books.submissions.values())

    def batches(self, queue: str) -> Sequence[PlannedBatch]:
        """Return what was planned for a queue, in this run or before."""
        return [batch for batch in self._books.batches if batch.queue == queue]

    def latest(self, batch: int, part: int) -> Submission | None:
        """Return the last attempt at one job of a batch."""
        tag = self._books.latest.get((batch, part))
        return None if tag is None else self._books.submissions[tag]

    def plan(
        self, queue: str, blocks: Sequence[int], limits: Mapping[str, int | None]
    ) -> PlannedBatch:
        """Say which blocks travel together, before any of their jobs is submitted."""
        with self._lock:
            batch = PlannedBatch(len(self._books.batches), queue, tuple(blocks), dict(limits))
            self._append(
                {"plan": batch.number, "queue": queue, "blocks": ranges_of(blocks), **limits}
            )
            return batch

    def intend(self, batch: int, part: int) -> Submission:
        """Name a job before it is submitted."""
        with self._lock:
            before = self.latest(batch, part)
            attempt = 0 if before is None else before.attempt + 1
            tag = f"shoal-{self._name}-{secrets.token_hex(8)}"
            self._append({"intend": tag, "batch": batch, "part": part, "attempt": attempt})
            return self._books.submissions[tag]

    def submitted(self, tag: str, job_id: str) -> Submission:
        """Take down the vendor's id, before anybody waits for the job."""
        with self._lock:
            self._append({"submitted": tag, "job": job_id})
            return self._books.submissions[tag]

    def ended(self, tag: str, end: End, words: str) -> None:
        """Say that a job brings no shots, and why: its place is free for another attempt."""
        with self._lock:
            self._append({"ended": tag, "as": end, "words": words})

    def taken(
        self,
        tag: str,
        queue: str,
        properties: Mapping[str, Any] | None,
        measured: str | None = None,
    ) -> Submission:
        """Say that a job has brought its shots, and keep what the device says of itself then.

        Args:
            tag: The job's.
            queue: Its queue's.
            properties: Of the device; ``None``: it says nothing.
            measured: When the shots were taken, UTC, ISO 8601; ``None``: the vendor does not say.
        """
        with self._lock:
            kept = {} if measured is None else {"measured": measured}
            if self._path is not None and properties is not None:
                kept["device"] = keep_properties(self._path.parent, queue, properties)
            self._append({"taken": tag, **kept})
            return self._books.submissions[tag]

    def close(self) -> None:
        """Close the file; every line in it is durable already."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, entry: Mapping[str, Any]) -> None:
        entry = {**entry, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        if self._path is not None:
            line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
            with explained(self._path, len(line)):
                write_all(self._descriptor, line)
                os.fsync(self._descriptor)
        _apply(self._books, entry)


def read_vendor_jobs(path: Path) -> _Books:
    """Read a list of vendor's jobs; a last line that a crash cut short says nothing."""
    books = _Books()
    with explained(path):
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for line in lines:
        _apply(books, json.loads(line))
    return books


def stored_submissions(folder: Path) -> Sequence[Submission]:
    """Return what a job's folder says was sent to queues, whoever drives it."""
    return tuple(read_vendor_jobs(folder / VENDOR_JOBS_NAME).submissions.values())


def waiting_at(folder: Path) -> Mapping[str, Sequence[Submission]]:
    """Return, queue by queue, the submissions that have brought nothing and have not ended.

    Args:
        folder: A job's folder; one that has sent nothing to queues gives none.
    """
    books = read_vendor_jobs(folder / VENDOR_JOBS_NAME)
    queues = {batch.number: batch.queue for batch in books.batches}
    found: dict[str, list[Submission]] = {queue: [] for queue in queues.values()}
    for one in books.submissions.values():
        if one.taken is None and one.end is None:
            found[queues[one.batch]].append(one)
    return found


def _apply(books: _Books, entry: Mapping[str, Any]) -> None:
    match entry:
        case {"plan": number, "queue": queue, "blocks": blocks, **rest}:
            limits = {name: value for name, value in rest.items() if name != "at"}
            books.batches.append(PlannedBatch(number, queue, numbers_of(blocks), limits))
        case {"intend": tag, "batch": batch, "part": part, "attempt": attempt}:
            books.submissions[tag] = Submission(tag, batch, part, attempt)
            books.latest[batch, part] = tag
        case {"submitted": tag, "job": job_id}:
            books.submissions[tag] = replace(books.submissions[tag], job_id=job_id)
        case {"ended": tag, "as": end}:
            books.submissions[tag] = replace(books.submissions[tag], end=end)
        case {"taken": tag, **rest}:
            at, before = rest.get("at"), books.submissions[tag]
            measured = before.measured or rest.get("measured") or at
            books.submissions[tag] = replace(before, taken=at, measured=measured)
