"""Draws how often each outcome occurs, without drawing the shots."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import inlined, kernel
from .lanes import count_ones
from .philox import NUM_WORDS, fill_words


@kernel
def draw_counts(
    probabilities: Any,
    shots: int,
    key: Any,
    rows: Any,
    purpose: Any,
    share: tuple[int, int],
    counts: Any,
) -> None:
    """Split the shots over the outcomes, one bit of the outcome after the other.

    Args:
        probabilities: Distributions [R, D]; what is negative counts as 0.
        shots: Shots of each row.
        key: Two words.
        rows: The number of each row's stream [R].
        purpose: Streams of the same row for different purposes are independent.
        share: The first row to work on, and one past the last.
        counts: Where the counts go to [R, D].
    """
    dimension = probabilities.shape[1]
    sums = np.empty(2 * dimension)
    tree = np.empty(2 * dimension, dtype=np.int64)
    words = np.empty(NUM_WORDS, dtype=np.uint64)
    for row in range(share[0], share[1]):
        for outcome in range(dimension):
            sums[dimension + outcome] = max(probabilities[row, outcome], 0.0)
        for node in range(dimension - 1, 0, -1):
            sums[node] = sums[2 * node] + sums[2 * node + 1]
        tree[1] = shots
        used = 0
        for node in range(1, dimension):
            upper = 0
            if tree[node] > 0:
                chance = sums[2 * node + 1] / sums[node]
                upper, used = _draw_binomial(
                    tree[node], chance, words, key, rows[row], purpose, used
                )
            tree[2 * node], tree[2 * node + 1] = tree[node] - upper, upper
        counts[row] = tree[dimension:]


@inlined
def _draw_binomial(
    trials: int, chance: float, words: Any, key: Any, row: Any, purpose: Any, used: int
) -> tuple[int, int]:
    """Compare the binary digits of ``trials`` random numbers with those of the chance.

    Half of the trials are decided by each digit, so two random bits a trial are enough; there is
    no logarithm in it, so every processor draws the same. Returns the number of successes, and how
    many random words of the row are used by now.
    """
    successes = 0
    undecided = trials
    while undecided > 0 and 0.0 < chance < 1.0:
        chance *= 2.0
        heads = 0
        for coins in range(undecided, 0, -64):
            if used % NUM_WORDS == 0:
                fill_words(words, key, row, purpose, used // NUM_WORDS)
            word = words[used % NUM_WORDS]
            used += 1
            heads += count_ones(word if coins >= 64 else word >> np.uint64(64 - coins))
        if chance >= 1.0:
            chance -= 1.0
            successes += undecided - heads
            undecided = heads
        else:
            undecided -= heads
    return successes + (undecided if chance >= 1.0 else 0), used
