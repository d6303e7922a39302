"""What Slurm says of a job."""

from __future__ import annotations

from dataclasses import dataclass

_ENDED = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED"),
        *("NODE_FAIL", "OUT_OF_MEMORY", "REVOKED", "TIMEOUT"),
    }
)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job, as far as Shoal cares."""

    job: str
    state: str
    """Such as ``PENDING`` or ``RUNNING``."""
    reason: str
    """Why it waits, or ended."""
    is_batch: bool
    """Whether it has a script, that Slurm can start again."""
    may_requeue: bool
    restarts: int
    batch_node: str = ""
    """Where its script runs."""

    @property
    def is_over(self) -> bool:
        """Whether Slurm will not start it, or go on with it, any more."""
        return self.state in _ENDED


def parse_job(text: str) -> JobRecord:
    """Read a job's record.

    Args:
        text: As ``scontrol --oneliner show job`` prints it.

    >>> parse_job("JobId=7 JobState=PENDING Reason=Priority Requeue=1 Restarts=2").restarts
    2
    """
    found = dict(word.split("=", 1) for word in text.split() if "=" in word)
    restarts = found.get("Restarts", "0")
    return JobRecord(
        job=found.get("JobId", ""),
        state=found.get("JobState", "UNKNOWN"),
        reason=found.get("Reason", "None"),
        is_batch=found.get("BatchFlag") == "1",
        may_requeue=found.get("Requeue") == "1",
        restarts=int(restarts) if restarts.isdigit() else 0,
        batch_node=found.get("BatchHost", ""),
    )
