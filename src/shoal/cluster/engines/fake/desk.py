"""The fake vendor's own books: a folder, which outlives every client as a server would."""

from __future__ import annotations

import fcntl
import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit, qpy

from .faults import QueueRefusedError, QueueUnreachableError, UnknownJobError
from .script import FakeScript

Entry = dict[str, Any]
"""One job in the books: number, tag, shots, when it came and when it is due."""


class Desk:
    """Takes jobs in, gives them out, and counts what it is asked; any number of clients may ask."""

    def __init__(self, folder: Path, script: FakeScript) -> None:
        """Open the books, or go on with them.

        Args:
            folder: Where they are.
            script: How to misbehave.
        """
        self.folder = folder
        self.script = script
        (folder / "jobs").mkdir(parents=True, exist_ok=True)
        with self._counts() as counts:
            counts.setdefault("opened", time.time())

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tags: Sequence[str]
    ) -> str:
        """Take in a job, unless the script says otherwise; return its id."""
        script = self.script
        with self._counts() as counts:
            call = counts["calls"] = counts.get("calls", -1) + 1
            self._check_open(counts)
            if script.is_unreachable(call):
                raise QueueUnreachableError(f"submission {call} timed out")
            if call in script.refused:
                raise QueueRefusedError(f"submission {call} breaks a rule of the house")
            self._check_limits(circuits, shots)
            self._check_pending()
            number = self._num_jobs()
            job_id = f"job-{number:04d}"
            self._write(job_id, ".qpy", _qpy_of(circuits))
            now = time.time()
            entry: Entry = {
                "number": number,
                "call": call,
                "tags": list(tags),
                "circuits": len(circuits),
                "shots": shots,
                "memory": with_memory,
                "came": now,
                "due": now + script.latency_of(number),
            }
            self._write(job_id, ".json", json.dumps(entry).encode())
        if script.is_unanswered(call):
            raise QueueUnreachableError(
                f"submission {call}: the connection broke before the answer"
            )
        return job_id

    def look(self, job_id: str) -> tuple[str, int, Entry]:
        """Return a job's state, how many jobs are before it, and what the books say of it."""
        with self._counts() as counts:
            poll = counts["polls"] = counts.get("polls", -1) + 1
            self._check_open(counts)
            if self.script.is_poll_unreachable(poll):
                raise QueueUnreachableError(f"look {poll} timed out")
            entry = self._entry(job_id)
        return self._state(entry), self._position(entry), entry

    def cancel(self, job_id: str) -> bool:
        """Take a job out of the queue; return whether it was still there."""
        with self._counts() as counts:
            self._check_open(counts)
            entry = self._entry(job_id)
            if self._state(entry) not in ("queued", "running"):
                return False
            self._write(job_id, ".json", json.dumps({**entry, "cancelled": True}).encode())
            return True

    def tagged(self, tag: str) -> list[str]:
        """Return the ids of the jobs that carry a tag."""
        with self._counts() as counts:
            self._check_open(counts)
            if not self.script.has_tags:
                raise NotImplementedError("this queue does not list jobs by tag")
            return [name for name, entry in self._entries() if tag in entry["tags"]]

    def due(self, job_id: str) -> float:
        """Return when a job is done, in seconds since 1970."""
        return float(self._entry(job_id)["due"])

    @property
    def jobs(self) -> int:
        """How many jobs were taken in."""
        with self._counts():
            return self._num_jobs()

    @property
    def calls(self) -> int:
        """How many times somebody tried to submit one."""
        with self._counts() as counts:
            return int(counts.get("calls", -1)) + 1

    def circuits(self, job_id: str) -> list[QuantumCircuit]:
        """Return a job's circuits."""
        content = (self.folder / "jobs" / f"{job_id}.qpy").read_bytes()
        return list(qpy.load(io.BytesIO(content)))

    def result(self, job_id: str) -> Entry | None:
        """Return what a job brought, if it was computed already."""
        path = self.folder / "jobs" / f"{job_id}.result"
        return json.loads(path.read_bytes()) if path.exists() else None

    def keep(self, job_id: str, result: Entry) -> Entry:
        """Keep what a job brought; return it as it is kept."""
        content = json.dumps(result, default=str).encode()
        self._write(job_id, ".result", content)
        kept: Entry = json.loads(content)
        return kept

    def _num_jobs(self) -> int:
        """Count the jobs themselves: a client that is killed takes no job out of the books."""
        return sum(1 for _ in (self.folder / "jobs").glob("*.json"))

    def _check_open(self, counts: Entry) -> None:
        if self.script.is_closed(time.time() - counts["opened"]):
            raise QueueUnreachableError("closed for maintenance")

    def _check_limits(self, circuits: Sequence[QuantumCircuit], shots: int) -> None:
        for found, limit, what in (
            (len(circuits), self.script.max_circuits, "circuits"),
            (shots, self.script.max_shots, "shots"),
        ):
            if limit is not None and found > limit:
                raise QueueRefusedError(f"{found} {what} in a job, at most {limit}")

    def _check_pending(self) -> None:
        limit = self.script.max_pending
        if limit is None:
            return
        pending = sum(self._state(one) in ("queued", "running") for _, one in self._entries())
        if pending >= limit:
            raise QueueUnreachableError(f"{pending} of your jobs wait already, at most {limit} may")

    def _state(self, entry: Entry) -> str:
        now = time.time()
        if entry.get("cancelled"):
            return "cancelled"
        if now < entry["due"]:
            return "running" if now >= entry["due"] - self.script.run_seconds else "queued"
        return "failed" if entry["number"] in self.script.failed_jobs else "done"

    def _position(self, entry: Entry) -> int:
        if self._state(entry) != "queued":
            return 0
        return sum(
            other["due"] < entry["due"] and self._state(other) in ("queued", "running")
            for _, other in self._entries()
        )

    def _entry(self, job_id: str) -> Entry:
        try:
            entry: Entry = json.loads((self.folder / "jobs" / f"{job_id}.json").read_bytes())
        except FileNotFoundError:
            raise UnknownJobError(f"no job {job_id!r}") from None
        if entry["number"] in self.script.lost_jobs:
            raise UnknownJobError(f"no job {job_id!r}")
        return entry

    def _entries(self) -> Iterator[tuple[str, Entry]]:
        for path in sorted((self.folder / "jobs").glob("*.json")):
            entry = json.loads(path.read_bytes())
            if entry["number"] not in self.script.lost_jobs:
                yield path.stem, entry

    @contextmanager
    def _counts(self) -> Iterator[Entry]:
        """Hold the books alone; what was counted stays counted when the call fails."""
        with (self.folder / "lock").open("a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = self.folder / "counts.json"
            counts: Entry = json.loads(path.read_bytes()) if path.exists() else {}
            try:
                yield counts
            finally:
                self._put(path, json.dumps(counts).encode())

    def _write(self, job_id: str, suffix: str, content: bytes) -> None:
        self._put(self.folder / "jobs" / f"{job_id}{suffix}", content)

    def _put(self, path: Path, content: bytes) -> None:
        aside = path.with_name(f".{path.name}~{os.getpid()}")
        aside.write_bytes(content)
        aside.replace(path)


def _qpy_of(circuits: Sequence[QuantumCircuit]) -> bytes:
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer)
    return buffer.getvalue()
