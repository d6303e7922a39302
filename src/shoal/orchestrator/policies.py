"""What to do when something takes too long or breaks: decisions only, from values and the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from .costs import Pace
from .shards import ShardSizes


@dataclass(frozen=True, slots=True)
class Tries:
    """How often things went wrong while a worker had a certain block."""

    losses: int = 0
    """Its worker's process ended: killed from outside, or by the block itself."""
    node_losses: int = 0
    """Its worker's node was lost or taken away: not the block's fault."""
    crashes: int = 0
    """Running or committing raised an exception that was not an engine's refusal."""

    def __add__(self, other: Tries) -> Tries:
        """Return what happened in all."""
        return Tries(
            self.losses + other.losses,
            self.node_losses + other.node_losses,
            self.crashes + other.crashes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers that retries, leases and backups go by."""

    sizes: ShardSizes = field(default_factory=ShardSizes)
    guess: Pace = field(default_factory=Pace)
    """The pace that the first shards are sized by, until one is back. It decides nothing else."""
    max_in_flight: int = 2
    """Shards that a worker has at a time: one that it runs, the others so that it never waits."""
    max_losses: int = 8
    """A block that was alone in its shard and has lost so many workers ends the job."""
    max_node_losses: int = 100
    max_crashes: int = 3
    lease_seconds: float = 60.0
    """A worker that has not been heard of for so long, and for ten times what its shards take, is
    given up; each further lease of the same blocks is twice as long."""
    lease_factor: float = 10.0
    backup_factor: float = 2.0
    """A shard that takes so many times longer than expected is run twice when workers are idle."""
    backup_seconds: float = 1.0
    """... and at least so much longer."""


def give_up_reason(tries: Tries, is_alone: bool, policy: Policy) -> str | None:
    """Decide whether a block has been tried often enough.

    Args:
        tries: What happened so far, the latest included.
        is_alone: Whether it was the only block of its shard. In company, nobody knows whose fault
            it was; shards are halved after each loss, so that a block is soon alone.
        policy: The limits.

    Returns:
        What to say when giving up; ``None``: try again.
    """
    if tries.crashes >= policy.max_crashes:
        return f"it failed {tries.crashes} times"
    if is_alone and tries.losses >= policy.max_losses:
        return (
            f"{tries.losses} workers died while they ran it (out of memory, or a crash inside the"
            " engine)"
        )
    if tries.node_losses >= policy.max_node_losses:
        return f"{tries.node_losses} nodes were lost while they ran it"
    return None


def lease_seconds(expected_seconds: float, earlier_leases: int, policy: Policy) -> float:
    """Choose how long a worker may be silent before its shard is given to another one as well.

    Args:
        expected_seconds: What the shard, and those that the worker has before it, are to take.
        earlier_leases: How many leases of the same blocks ran out before.
        policy: The limits.
    """
    patience = max(policy.lease_seconds, policy.lease_factor * expected_seconds)
    return patience * 2.0 ** min(earlier_leases, 16)


def allowed_seconds(expected_seconds: float, policy: Policy) -> float:
    """Choose how long a shard may run before it is late.

    Args:
        expected_seconds: What it was expected to take.
        policy: The limits.
    """
    return max(policy.backup_factor * expected_seconds, expected_seconds + policy.backup_seconds)
