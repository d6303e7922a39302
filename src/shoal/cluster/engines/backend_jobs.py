"""Jobs of a backend: sent, waited for, and read back shot by shot or counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2
from qiskit.providers.jobstatus import JOB_FINAL_STATES
from qiskit.result import Result

from ...primitives.errors import EngineError, JobCancelledError
from .backend_limits import BackendLimits

_FIRST_WAIT_SECONDS, _LAST_WAIT_SECONDS = 0.0005, 1.0


@dataclass(frozen=True, slots=True)
class Entries:
    """What one circuit gave: outcomes as hexadecimal numbers."""

    keys: tuple[str, ...]
    counts: tuple[int, ...] | None
    """How many shots each key stands for; ``None``: one each, in the order they were taken."""

    @property
    def shots(self) -> int:
        """How many shots there are."""
        return len(self.keys) if self.counts is None else sum(self.counts)

    def __add__(self, other: Entries) -> Entries:
        if self.counts is None or other.counts is None:
            return Entries(self.keys + other.keys, None)
        merged = dict(zip(self.keys, self.counts, strict=True))
        for key, count in zip(other.keys, other.counts, strict=True):
            merged[key] = merged.get(key, 0) + count
        return Entries.counted(merged)

    @classmethod
    def counted(cls, counts: dict[str, int]) -> Entries:
        """Make the canonical form of counts."""
        keys = tuple(sorted(counts, key=lambda key: int(key, 16)))
        return cls(keys, tuple(int(counts[key]) for key in keys))


class BackendJob:
    """Circuits that were sent to a backend together."""

    def __init__(
        self,
        backend: BackendV2,
        limits: BackendLimits,
        circuits: Sequence[QuantumCircuit],
        shots: int,
        seed: int | None,
        with_memory: bool,
    ) -> None:
        """Send circuits.

        Args:
            backend: Where to.
            limits: Of the backend.
            circuits: As many as it takes at once.
            shots: Of each.
            seed: Of a simulator; ``None``: it has none.
            with_memory: Whether to ask for every shot in its order.

        Raises:
            EngineError: The backend refused them.
        """
        self._limits = limits
        self._shots = shots
        self._size = len(circuits)
        options: dict[str, Any] = {"shots": shots}
        if seed is not None:
            options["seed_simulator"] = seed
        if with_memory:
            options["memory"] = True
        try:
            self._job = backend.run(list(circuits), **options)
        except Exception as error:
            raise self._broke("refused the circuits", error) from error

    def cancel(self) -> None:
        """Take the job out of the queue, if it is still there."""
        try:
            self._job.cancel()
        except Exception:  # a job that cannot be cancelled ends by itself
            return

    def entries(self, cancelled: Callable[[], bool]) -> list[Entries]:
        """Wait for the job, which a simulator has at once, and read what each circuit gave.

        Args:
            cancelled: Asked while the job waits.

        Raises:
            EngineError: The job failed, or brought back something else than was asked.
            JobCancelledError: The work was cancelled meanwhile.
        """
        try:
            if not self._limits.is_seeded:
                self._wait_in_queue(cancelled)
            result: Result = self._job.result()
        except JobCancelledError:
            raise
        except Exception as error:
            raise self._broke("failed", error) from error
        if not result.success:
            raise self._broke("failed", result.status)
        found = entries_of_result(result)
        if len(found) != self._size:
            raise self._broke(f"brought back {len(found)} circuits, not {self._size}", "")
        return [self._checked(one) for one in found]

    def _wait_in_queue(self, cancelled: Callable[[], bool]) -> None:
        wait = _FIRST_WAIT_SECONDS
        while self._job.status() not in JOB_FINAL_STATES:
            if cancelled():
                raise JobCancelledError(f"cancelled in the queue of {self._limits.name}")
            time.sleep(wait)
            wait = min(wait * 1.5, _LAST_WAIT_SECONDS)

    def _checked(self, found: Entries) -> Entries:
        if found.shots != self._shots:
            raise self._broke(
                f"brought back {found.shots} shots of a circuit, not {self._shots}", ""
            )
        return found

    def _broke(self, what: str, words: object) -> EngineError:
        said = f": {words}" if str(words) else ""
        return EngineError(f"the backend {self._limits.name} {what}{said}")


def entries_of_result(result: Result) -> list[Entries]:
    """Read what each circuit of a job gave.

    Args:
        result: What a backend's job brought back.
    """
    return [_entries(result.data(position)) for position in range(len(result.results))]


def _entries(data: dict[str, Any]) -> Entries:
    if data.get("memory"):
        return Entries(tuple(map(_hexadecimal, data["memory"])), None)
    return Entries.counted({_hexadecimal(k): n for k, n in data["counts"].items()})


def _hexadecimal(key: str) -> str:
    """Read an outcome in either of the two forms that backends use."""
    return key if key.startswith("0x") else f"{int(key.replace(' ', ''), 2):#x}"
