"""What one run of a block collects, variant by variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...primitives.observables import FloatArray
from ...primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from ...primitives.workload import Block, IntArray, Variant
from .sampling import Draw, Register, merge_draws, shot_rows
from .seeds import block_generator


class BlockResults:
    """Values and draws of a block; parts of a variant come in the order of their rows."""

    def __init__(self, seed: int, block: Block, variants: Sequence[Variant]) -> None:
        """Start with nothing.

        Args:
            seed: The request's root seed.
            block: The block.
            variants: Its variants.
        """
        self.block = block
        self.variants = variants
        self._seed = seed
        self._generators: dict[int, np.random.Generator] = {}
        self._values: dict[int, list[ValueRows]] = {}
        self._draws: dict[int, list[Draw]] = {}
        self._shots: dict[int, ShotRows] = {}

    def generator(self, variant: Variant) -> np.random.Generator:
        """Return the random numbers of a variant, where they were left."""
        found = self._generators.get(variant.index)
        if found is None:
            found = block_generator(self._seed, self.block.index, variant.index)
            self._generators[variant.index] = found
        return found

    def add_values(self, variant: Variant, rows: IntArray, values: FloatArray) -> None:
        """Take exact values [R, T] of the next rows [R] of a variant."""
        self._values.setdefault(variant.index, []).append(ValueRows(variant.index, rows, values))

    def add_draw(self, variant: Variant, drawn: Draw) -> None:
        """Take the shots of the next rows of a variant."""
        self._draws.setdefault(variant.index, []).append(drawn)

    def hand_out(self, variant: Variant, registers: Sequence[Register], num_bits: int) -> None:
        """Hand the shots that were taken out to registers.

        Args:
            variant: The variant.
            registers: Its registers.
            num_bits: Width of an outcome.
        """
        drawn = merge_draws(self._draws[variant.index])
        self._shots[variant.index] = shot_rows(variant.index, drawn, registers, num_bits)

    def finished(self, record: EngineRecord) -> BlockOutcome:
        """Return everything as the block's outcome."""
        return BlockOutcome(
            self.block.index,
            record,
            tuple(self._shots[one.index] for one in self.variants if one.index in self._shots),
            tuple(
                _merged(self._values[one.index])
                for one in self.variants
                if one.index in self._values
            ),
        )


def _merged(parts: Sequence[ValueRows]) -> ValueRows:
    if len(parts) == 1:
        return parts[0]
    return ValueRows(
        parts[0].variant,
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
