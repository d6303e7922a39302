"""How many blocks go to a worker together: by their cost, by what is left, by the time left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..primitives.observables import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSizes:
    """Bounds of a shard; they change how long things take, never what comes out."""

    blocks: int | None = None
    """Exactly so many blocks a shard, whatever they cost; ``None``: by cost."""
    min_seconds: float = 0.5
    """Below this, sending a shard and committing its segment would cost too much of it."""
    max_seconds: float = 60.0
    """Above this, too much is lost with a worker."""
    rounds: float = 16.0
    """How many shards every worker is to get of what is left, so that all end at the same time."""
    max_blocks: int = 4096
    max_bytes: float = float(128 << 20)
    """Outcomes rest in the worker's memory until the shard is committed."""

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.blocks is not None and self.blocks < 1:
            raise ValueError(f"a shard has at least one block, found blocks={self.blocks}")
        if not 0.0 < self.min_seconds <= self.max_seconds:
            raise ValueError(
                f"a shard's seconds: found {self.min_seconds:g} to {self.max_seconds:g}, expected"
                " 0 < min_seconds <= max_seconds"
            )


MIN_SHARE_SECONDS = 0.02
"""Shards are not cut smaller than this, however little is left."""

MIN_ROUNDS = 4.0
"""How many shards every worker gets of a small job: the first show how long the others take."""


def target_seconds(
    waiting_seconds: float, workers: int, sizes: ShardSizes, *, is_pace_known: bool = True
) -> float:
    """Choose the cost of the next shard: large at first, smaller towards the end.

    Args:
        waiting_seconds: Expected cost of all blocks that no worker has yet.
        workers: How many workers share them.
        sizes: The bounds.
        is_pace_known: Whether expected costs rest on measured ones. If not, they may be far off,
            and the first shards are small whatever they seem to cost.
    """
    share = waiting_seconds / max(workers, 1)
    at_least = min(sizes.min_seconds, max(share / MIN_ROUNDS, MIN_SHARE_SECONDS))
    if not is_pace_known:
        at_least = 0.0
    return min(max(share / sizes.rounds, at_least), sizes.max_seconds)


def blocks_that_fit(
    seconds: FloatArray,
    num_bytes: FloatArray,
    *,
    target: float,
    seconds_left: float | None,
    sizes: ShardSizes,
) -> int:
    """Count how many of the next blocks make up a shard.

    Args:
        seconds: Expected seconds of the next blocks [B], in their order.
        num_bytes: Bytes of their outcomes [B], at the most.
        target: What the shard is to take, in seconds.
        seconds_left: Time until the workers are taken away; ``None``: nobody takes them away.
        sizes: The bounds.

    Returns:
        At least one, unless there is none or not even one would be done in time: then zero.
    """
    if not seconds.size or (seconds_left is not None and seconds[0] > seconds_left):
        return 0
    if sizes.blocks is not None:
        return min(sizes.blocks, int(seconds.size))
    limit = target if seconds_left is None else min(target, seconds_left)
    head = slice(0, sizes.max_blocks)
    by_time = np.searchsorted(np.cumsum(seconds[head]), limit, side="right")
    by_bytes = np.searchsorted(np.cumsum(num_bytes[head]), sizes.max_bytes, side="right")
    return max(1, int(min(by_time, by_bytes)))
