"""What blocks need of a worker, and which blocks a worker can serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .ports import CPU, GPU, Slot

NeedNumber = int
"""The place of a need among those of a job."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a worker must have to run some blocks.

    >>> Need(memory_bytes=2).is_met_by(Slot(memory_bytes=1))
    False
    """

    offer: str = CPU
    memory_bytes: int = 0

    def is_met_by(self, slot: Slot) -> bool:
        """Say whether a worker has it.

        Args:
            slot: What the worker may use; of memory that nobody counts there is enough.
        """
        has_memory = slot.memory_bytes is None or slot.memory_bytes >= self.memory_bytes
        return self.offer in slot.offers and has_memory


@dataclass(frozen=True, slots=True)
class BlockNeeds:
    """What each block of a workload needs; a shard has blocks of one need alone."""

    needs: tuple[Need, ...] = (Need(),)
    of_block: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Each block's need [B]; blocks beyond the end have the first one."""

    def of(self, block: int) -> NeedNumber:
        """Return a block's need."""
        return int(self.of_block[block]) if block < self.of_block.size else 0

    def split(self, blocks: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
        """Return the blocks of each need, in their order.

        Args:
            blocks: Their numbers.
        """
        if len(self.needs) == 1:
            return [blocks]
        return [blocks[self.of_block[blocks] == number] for number in range(len(self.needs))]

    def met_by(self, slot: Slot) -> tuple[NeedNumber, ...]:
        """Return the needs that a worker meets: first those that fewer workers do.

        Args:
            slot: What it may use.
        """
        met = [number for number, need in enumerate(self.needs) if need.is_met_by(slot)]
        return tuple(sorted(met, key=self._commonness))

    def _commonness(self, number: NeedNumber) -> tuple[int, int]:
        need = self.needs[number]
        # Workers with a GPU mostly do what others do, too: they are kept for what needs one.
        return {GPU: 0, CPU: 2}.get(need.offer, 1), -need.memory_bytes
