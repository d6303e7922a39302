"""Shots from exact distributions, by a generator that is a function of key, row and purpose.

A row's shots depend on its own distribution, the key, the row's number and the purpose: not on
other rows, the number of threads or the processor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evaluation import FloatArray
from .threads import spread

SHOTS_PER_OUTCOME = 32
"""From so many shots an outcome on, counting by splitting is faster than drawing one by one."""


@dataclass(frozen=True, slots=True)
class DrawKey:
    """What the random numbers of a draw are a function of, besides the row."""

    seed: int
    """128 bits."""
    purpose: int
    """Up to 64 bits: a variant, a basis, a slice of the shots."""

    def words(self) -> NDArray[np.uint64]:
        """Return the seed as two words."""
        return np.array([self.seed & (1 << 64) - 1, self.seed >> 64], dtype=np.uint64)


def sample_shots(
    probabilities: FloatArray,
    shots: int,
    key: DrawKey,
    rows: NDArray[np.uint64],
    *,
    threads: int = 1,
) -> NDArray[np.uint8]:
    """Draw shots one by one, independently of each other.

    Args:
        probabilities: Distributions [R, 2**m] of m bits, up to rounding and to their sum.
        shots: Shots of each row.
        key: What the random numbers are a function of.
        rows: The number of each row [R].
        threads: How many threads run at most.

    Returns:
        Packed bits [R, shots, ceil(m / 8)], exactly the bytes of Qiskit's ``BitArray``.
    """
    from .kernels.sampling import draw_shots

    num_bits = probabilities.shape[1].bit_length() - 1
    packed = np.empty((rows.size, shots, -(-num_bits // 8)), dtype=np.uint8)
    words, purpose = key.words(), np.uint64(key.purpose)
    spread(
        lambda: lambda share: draw_shots(probabilities, words, rows, purpose, share, packed),
        rows.size,
        threads,
        _row_seconds(probabilities, shots),
    )
    return packed


def sample_counts(
    probabilities: FloatArray,
    shots: int,
    key: DrawKey,
    rows: NDArray[np.uint64],
    *,
    threads: int = 1,
) -> NDArray[np.int64]:
    """Draw how often each outcome occurs: exactly a multinomial distribution.

    Arguments as for ``sample_shots``.

    Returns:
        Counts [R, 2**m]; each row sums to ``shots``.
    """
    from .kernels.counting import draw_counts
    from .kernels.sampling import count_shots

    counts = np.zeros(probabilities.shape, dtype=np.int64)
    words, purpose = key.words(), np.uint64(key.purpose)
    draw = draw_counts if shots >= SHOTS_PER_OUTCOME * probabilities.shape[1] else count_shots
    spread(
        lambda: lambda share: draw(probabilities, shots, words, rows, purpose, share, counts),
        rows.size,
        threads,
        _row_seconds(probabilities, shots),
    )
    return counts


def _row_seconds(probabilities: FloatArray, shots: int) -> float:
    """Estimate what a row costs on a nominal core."""
    return 5e-9 * shots + 2e-8 * int(probabilities.shape[1])
