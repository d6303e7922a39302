"""The tasks of a job array: each runs its own part of one job's blocks, with no driver in common.

Which block is in whose part is scheduling alone: a block's outcome is the same wherever it runs.
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PIECES_A_TASK = 8
"""Runs of blocks that lie together in a part: many even out what costs get wrong."""

_NAME = re.compile(r"(\d{4,})-of-(\d{4,})")


@dataclass(frozen=True, slots=True, order=True)
class ArrayTask:
    """One task of an array."""

    index: int
    """From 0."""
    count: int
    """Tasks in all."""

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(
                f"array task {self.index} of {self.count}: expected 0 to {self.count - 1}"
            )

    @property
    def name(self) -> str:
        """What its files are called.

        >>> ArrayTask(3, 8).name
        '0003-of-0008'
        """
        return f"{self.index:04d}-of-{self.count:04d}"

    @classmethod
    def named(cls, name: str) -> ArrayTask | None:
        """Read a name back; ``None``: it is no task's.

        Args:
            name: Of a file, without its ending.
        """
        found = _NAME.fullmatch(name)
        return cls(int(found[1]), int(found[2])) if found else None

    def part(self, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Choose a task's blocks, so that all tasks have about as much to do.

        Args:
            seconds: What each block of the workload takes, shape ``(blocks,)``.

        Returns:
            Whether a block is in the task's part, shape ``(blocks,)``; each is in exactly one's.
        """
        # In whole nanoseconds: tasks on different machines must come to the same parts.
        costs = np.maximum(np.rint(seconds * 1e9), 1.0).astype(np.int64)
        before = np.cumsum(costs) - costs
        pieces = before // max(int(costs.sum()) // (self.count * PIECES_A_TASK), 1)
        _, piece_of = np.unique(pieces, return_inverse=True)
        owners = _owners(np.bincount(piece_of, weights=costs).astype(np.int64), self.count)
        mine: NDArray[np.bool_] = owners[piece_of] == self.index
        return mine


def _owners(costs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give each piece, the longest first, to the task that has the least so far."""
    owners = np.zeros(costs.size, dtype=np.int64)
    loads = [(0, task) for task in range(count)]
    for piece in np.argsort(-costs, kind="stable"):
        load, task = heapq.heappop(loads)
        owners[piece] = task
        heapq.heappush(loads, (load + int(costs[piece]), task))
    return owners
