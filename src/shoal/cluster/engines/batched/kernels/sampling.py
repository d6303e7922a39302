"""Draws shots from distributions, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .aliases import choose, fill_pieces
from .jit import inlined, kernel
from .lanes import trailing_zeros
from .philox import NUM_WORDS, as_fraction, fill_words

OUTCOMES_PER_SHOT = 8
"""From so many outcomes a shot on, searching costs less than preparing a table for all of them."""


@kernel
def draw_shots(
    probabilities: Any, key: Any, rows: Any, purpose: Any, share: tuple[int, int], packed: Any
) -> None:
    """Draw one shot after the other, independently.

    Args:
        probabilities: Distributions [R, D]; what is negative counts as 0.
        key: Two words.
        rows: The number of each row's stream [R].
        purpose: Streams of the same row for different purposes are independent.
        share: The first row to work on, and one past the last.
        packed: Where shots go to [R, shots, bytes], the highest bits first.
    """
    shots, num_bytes = packed.shape[1], packed.shape[2]
    outcomes = np.empty(shots, dtype=np.int64)
    for row in range(share[0], share[1]):
        _draw(probabilities[row], key, rows[row], purpose, outcomes)
        for shot in range(shots):
            for byte in range(num_bytes):
                packed[row, shot, num_bytes - 1 - byte] = (outcomes[shot] >> (8 * byte)) & 255


@kernel
def count_shots(
    probabilities: Any,
    shots: int,
    key: Any,
    rows: Any,
    purpose: Any,
    share: tuple[int, int],
    counts: Any,
) -> None:
    """Draw shots as ``draw_shots`` does, and add up how often each occurs in ``counts`` [R, D]."""
    outcomes = np.empty(shots, dtype=np.int64)
    for row in range(share[0], share[1]):
        _draw(probabilities[row], key, rows[row], purpose, outcomes)
        for shot in range(shots):
            counts[row, outcomes[shot]] += 1


@inlined
def _draw(probabilities: Any, key: Any, row: Any, purpose: Any, outcomes: Any) -> None:
    """Draw as many outcomes as there is room for."""
    if probabilities.size >= OUTCOMES_PER_SHOT * outcomes.size:
        _draw_by_search(probabilities, key, row, purpose, outcomes)
    else:
        _draw_by_aliases(probabilities, key, row, purpose, outcomes)


@inlined
def _draw_by_aliases(probabilities: Any, key: Any, row: Any, purpose: Any, outcomes: Any) -> None:
    size = probabilities.size
    num_bits = trailing_zeros(size)
    words = np.empty(NUM_WORDS, dtype=np.uint64)
    cuts, pieces = np.empty(size, dtype=np.int64), np.empty(2 * size, dtype=np.int64)
    fill_pieces(probabilities, np.empty(size), cuts, pieces)
    for first in range(0, outcomes.size, NUM_WORDS):
        fill_words(words, key, row, purpose, first // NUM_WORDS)
        for shot in range(first, min(first + NUM_WORDS, outcomes.size)):
            outcomes[shot] = choose(cuts, pieces, num_bits, words[shot - first])


@inlined
def _draw_by_search(probabilities: Any, key: Any, row: Any, purpose: Any, outcomes: Any) -> None:
    words = np.empty(NUM_WORDS, dtype=np.uint64)
    cumulative = np.empty(probabilities.size)
    _fill_cumulative(probabilities, cumulative)
    for first in range(0, outcomes.size, NUM_WORDS):
        fill_words(words, key, row, purpose, first // NUM_WORDS)
        for shot in range(first, min(first + NUM_WORDS, outcomes.size)):
            outcomes[shot] = _search(cumulative, as_fraction(words[shot - first]))


@inlined
def _fill_cumulative(probabilities: Any, cumulative: Any) -> None:
    total = 0.0
    for outcome in range(probabilities.size):
        total += max(probabilities[outcome], 0.0)
        cumulative[outcome] = total


@inlined
def _search(cumulative: Any, fraction: float) -> int:
    """Return the first outcome whose cumulative probability exceeds a fraction of the total."""
    wanted = fraction * cumulative[-1]
    first, last = 0, cumulative.size - 1
    while first < last:
        middle = (first + last) // 2
        if cumulative[middle] > wanted:
            last = middle
        else:
            first = middle + 1
    # Rounding may have led behind the last outcome that is possible.
    while first > 0 and cumulative[first] == cumulative[first - 1]:
        first -= 1
    return first
