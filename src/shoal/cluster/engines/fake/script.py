"""How a fake queue is to misbehave: said in advance, so that it does so again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SUBMISSION, POLL, LATENCY, SHOTS = range(4)
"""What random numbers are drawn for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeScript:
    """A queue's delays, faults and limits; calls, jobs and polls are counted from 0.

    >>> FakeScript(unanswered=(0,)).is_unanswered(0)
    True
    """

    seed: int = 0
    """Of latencies and of faults that come at a rate; also of the shots."""
    latency_seconds: tuple[float, float] = (0.0, 0.0)
    """From a job's submission to its result: drawn evenly between the two, so that jobs overtake
    each other."""
    run_seconds: float = 0.0
    """The last part of a job's latency, in which it counts as running."""
    unreachable: tuple[int, ...] = ()
    """Submissions that never arrive."""
    unanswered: tuple[int, ...] = ()
    """Submissions that arrive, though the answer is lost on its way: the job is in the queue."""
    refused: tuple[int, ...] = ()
    """Submissions that are turned down for good."""
    unreachable_rate: float = 0.0
    """Share of all other calls, in [0, 1), that never arrive."""
    failed_jobs: tuple[int, ...] = ()
    """Jobs that end with an error."""
    lost_jobs: tuple[int, ...] = ()
    """Jobs that the queue forgets as soon as it has given them an id."""
    unreachable_polls: tuple[int, ...] = ()
    """Looks at a job that nobody answers."""
    maintenance: tuple[tuple[float, float], ...] = ()
    """Windows, in seconds since the queue was opened, in which nothing answers."""
    max_circuits: int | None = None
    """Of a job."""
    max_shots: int | None = None
    """Of a circuit."""
    max_pending: int | None = None
    """Jobs that wait at a time; further ones are turned down, for now."""
    has_tags: bool = True
    """Whether jobs can be listed by tag."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        low, high = self.latency_seconds
        if not 0.0 <= low <= high or not 0.0 <= self.unreachable_rate < 1.0:
            raise ValueError(
                f"latency_seconds {self.latency_seconds} must rise from 0 or more, and "
                f"unreachable_rate {self.unreachable_rate} must be in [0, 1)"
            )

    def is_unreachable(self, call: int) -> bool:
        """Return whether a submission never arrives."""
        return call in self.unreachable or self._draw(SUBMISSION, call) < self.unreachable_rate

    def is_unanswered(self, call: int) -> bool:
        """Return whether a submission arrives, and its answer does not."""
        return call in self.unanswered

    def is_poll_unreachable(self, poll: int) -> bool:
        """Return whether a look at a job is not answered."""
        return poll in self.unreachable_polls or self._draw(POLL, poll) < self.unreachable_rate

    def latency_of(self, job: int) -> float:
        """Return the seconds from a job's submission to its result."""
        low, high = self.latency_seconds
        return low + (high - low) * self._draw(LATENCY, job)

    def is_closed(self, seconds: float) -> bool:
        """Return whether a moment, in seconds since the opening, is in a maintenance window."""
        return any(start <= seconds < stop for start, stop in self.maintenance)

    def seed_of(self, job: int) -> int:
        """Return the seed of a job's shots."""
        return (
            int(np.random.SeedSequence(self.seed, spawn_key=(SHOTS, job)).generate_state(1)[0]) >> 1
        )

    def _draw(self, what: int, number: int) -> float:
        words = np.random.SeedSequence(self.seed, spawn_key=(what, number))
        return float(np.random.Generator(np.random.Philox(words)).random())
