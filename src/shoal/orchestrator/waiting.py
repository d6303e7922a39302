"""Blocks that no worker has: those that never ran, in their order, and those that came back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .costs import BlockCosts, Pace
from .shards import ShardSizes, blocks_that_fit, target_seconds

Blocks = tuple[int, ...]


class WaitingBlocks:
    """Gives out the blocks of one shard after the other; what came back goes first."""

    def __init__(self, costs: BlockCosts, blocks: NDArray[np.int64], sizes: ShardSizes) -> None:
        """Start with blocks that nobody has.

        Args:
            costs: Of all blocks of the workload.
            blocks: Those that are waiting, in the order in which they are to run.
            sizes: The bounds of a shard.
        """
        self._costs = costs
        self._fresh = blocks
        self._sizes = sizes
        self._cursor = 0
        self._returned: deque[Blocks] = deque()
        self._nominal_seconds = float(costs.seconds[blocks].sum())

    def __bool__(self) -> bool:
        return self._cursor < self._fresh.size or bool(self._returned)

    @property
    def num_returned(self) -> int:
        """How many parts of shards came back, and wait."""
        return len(self._returned)

    def put_back(self, blocks: Blocks) -> None:
        """Let blocks wait that were with a worker; they will go out together.

        Args:
            blocks: None of them waits already.
        """
        if blocks:
            self._returned.append(blocks)
            self._nominal_seconds += self._seconds_of(blocks)

    def take(
        self,
        still_needed: Callable[[Blocks], Blocks],
        pace: Pace,
        workers: int,
        seconds_left: float | None,
    ) -> Blocks:
        """Take out the blocks of the next shard.

        Args:
            still_needed: Returns those of some blocks that were not committed while they waited.
            pace: How fast the workers are.
            workers: How many share what is waiting.
            seconds_left: Time until they are taken away; ``None``: nobody takes them away.

        Returns:
            The blocks; none where nothing is waiting, or nothing that would be done in time.
        """
        blocks = self._first_returned(still_needed) or self._next_fresh(pace, workers, seconds_left)
        nominal = self._seconds_of(blocks)
        if seconds_left is not None and pace.expect(nominal) > seconds_left:
            return ()
        if self._returned:
            self._returned.popleft()
        else:
            self._cursor += len(blocks)
        self._nominal_seconds -= nominal
        return blocks

    def _first_returned(self, still_needed: Callable[[Blocks], Blocks]) -> Blocks:
        while self._returned:
            found, needed = self._returned[0], still_needed(self._returned[0])
            self._nominal_seconds -= self._seconds_of(found) - self._seconds_of(needed)
            if needed:
                self._returned[0] = needed
                return needed
            self._returned.popleft()
        return ()

    def _next_fresh(self, pace: Pace, workers: int, seconds_left: float | None) -> Blocks:
        sizes = self._sizes
        ahead = self._fresh[self._cursor : self._cursor + max(sizes.max_blocks, sizes.blocks or 0)]
        count = blocks_that_fit(
            self._costs.seconds[ahead] * pace.expect(1.0),
            self._costs.num_bytes[ahead],
            target=target_seconds(
                pace.expect(max(self._nominal_seconds, 0.0)),
                workers,
                sizes,
                is_pace_known=pace.is_known,
            ),
            seconds_left=seconds_left,
            sizes=sizes,
        )
        return tuple(ahead[:count].tolist())

    def _seconds_of(self, blocks: Blocks) -> float:
        return float(self._costs.seconds[list(blocks)].sum())
