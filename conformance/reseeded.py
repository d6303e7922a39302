"""The peers' own classes with other seeds: what fails on these pins one random stream."""

import numpy as np
from qiskit import primitives as peers

Seed = int | np.random.Generator | None
SHIFT = 1_000


class StatevectorEstimator(peers.StatevectorEstimator):
    """``qiskit.primitives.StatevectorEstimator``, with another seed than it was given."""

    def __init__(self, *, default_precision: float = 0.0, seed: Seed = None) -> None:
        super().__init__(default_precision=default_precision, seed=another(seed))


class StatevectorSampler(peers.StatevectorSampler):
    """``qiskit.primitives.StatevectorSampler``, with another seed than it was given."""

    def __init__(self, *, default_shots: int = 1024, seed: Seed = None) -> None:
        super().__init__(default_shots=default_shots, seed=another(seed))


def another(seed: Seed) -> Seed:
    """A seed that is no less good."""
    if isinstance(seed, np.random.Generator):
        return np.random.default_rng(int(seed.integers(1 << 63)))
    return None if seed is None else seed + SHIFT
