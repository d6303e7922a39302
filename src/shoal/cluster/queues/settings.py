"""The numbers that a queue is served by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How many jobs wait at once, how often they are asked for, and when to give up."""

    max_in_flight: int = 5
    """Jobs that wait in the queue at a time."""
    poll_seconds: float = 1.0
    """Until the first look at a job; each further wait is half as long again ..."""
    max_poll_seconds: float = 60.0
    """... up to this."""
    patience_seconds: float = 3600.0
    """How long the vendor may be out of reach before the run ends; its jobs are kept."""
    max_attempts: int = 3
    """How often a job is submitted that the vendor fails, loses or cancels."""
    resubmit_in_doubt: bool = False
    """Whether to submit again what the vendor may have, and cannot be asked for: it may be paid
    for twice."""
    max_circuits: int | None = None
    """Of a job, where that is less than the vendor takes."""
    max_payload_bytes: int | None = None
    """Of a job's circuits, as QPY has them."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("max_in_flight", "max_attempts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: found {getattr(self, name)}, expected 1 or more")
        if not 0.0 < self.poll_seconds <= self.max_poll_seconds:
            raise ValueError(
                f"poll_seconds {self.poll_seconds:g} must be above 0, and at most"
                f" max_poll_seconds {self.max_poll_seconds:g}"
            )

    def wait_after(self, looks: int) -> float:
        """Return how long to wait after so many looks in a row that brought nothing."""
        return float(min(self.poll_seconds * 1.5 ** min(looks, 64), self.max_poll_seconds))
