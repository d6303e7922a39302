"""The random numbers of a block: from the request's seed and the block's place alone."""

from __future__ import annotations

import numpy as np


def block_generator(seed: int, block: int, variant: int) -> np.random.Generator:
    """Return the generator of one variant of one block.

    Args:
        seed: The request's root seed.
        block: The block's index.
        variant: The variant's index.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(block, variant))
    return np.random.Generator(np.random.Philox(sequence))


def engine_seed(generator: np.random.Generator) -> int:
    """Draw a seed for an engine that has generators of its own."""
    return int(generator.integers(1 << 62))
