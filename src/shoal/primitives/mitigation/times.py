"""When the shots of a workload were taken, as their records say: never a clock of this process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import numpy as np

from ..observables import FloatArray
from ..outcomes import BlockOutcome
from ..workload import Block, Workload


class Times:
    """Times of blocks, in seconds since 1970."""

    def __init__(self, workload: Workload) -> None:
        """Know nothing yet.

        Args:
            workload: The workload.
        """
        self._workload = workload
        self._taken: dict[int, float] = {}

    def add(self, outcome: BlockOutcome) -> None:
        """Note when a block's shots were taken, where its record says so."""
        if outcome.record.taken:
            taken = datetime.fromisoformat(outcome.record.taken)
            self._taken[outcome.block] = taken.timestamp()

    def part(self) -> Mapping[int, float]:
        """Return what was noted so far, block by block."""
        return dict(self._taken)

    def merge(self, part: Mapping[int, float]) -> None:
        """Add what another process has noted."""
        self._taken |= part

    def of_program(self, program: int) -> float:
        """Return the mean time of a program's blocks; not a number where none is known."""
        found = [time for _, _, time in self._ranges(program)]
        return float(np.mean(found)) if found else np.nan

    def of_points(self, program: int) -> FloatArray:
        """Return the mean time of each point's shots [P], over all of its randomizations.

        Args:
            program: A program; a point whose time is not known has not a number.
        """
        held = self._workload.programs[program]
        count = held.randomizations
        sums, weights = np.zeros((2, held.num_rows // count))
        ranges = self._ranges(program)
        origin = min((time for _, _, time in ranges), default=0.0)
        for start, stop, time in ranges:
            points = np.arange(start // count, -(-stop // count))
            rows = np.minimum((points + 1) * count, stop) - np.maximum(points * count, start)
            sums[points] += rows * (time - origin)
            weights[points] += rows
        with np.errstate(invalid="ignore"):
            return np.asarray(origin + sums / weights)

    def _ranges(self, program: int) -> list[tuple[int, int, float]]:
        """Return rows and time of each block of a program, in the order of the blocks."""
        return [
            (block.start, block.stop, self._taken[block.index])
            for block in self._blocks.get(program, ())
            if block.index in self._taken
        ]

    @cached_property
    def _blocks(self) -> Mapping[int, list[Block]]:
        found: dict[int, list[Block]] = {}
        for block in self._workload.blocks:
            found.setdefault(block.program, []).append(block)
        return found
