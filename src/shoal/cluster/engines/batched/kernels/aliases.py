"""Walker's alias method: a distribution of 2**m outcomes as 2**m equal pieces of two outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import inlined


@inlined
def fill_pieces(probabilities: Any, chances: Any, cuts: Any, pieces: Any) -> None:
    """Cut all outcomes to pieces (Vose's way, in time proportional to their number).

    Args:
        probabilities: What to cut [D], not negative.
        chances: Workspace [D].
        cuts: Where each piece is cut [D], of ``2**53``.
        pieces: The outcome below and the one above each cut [2 D].
    """
    size = probabilities.size
    total = 0.0
    for outcome in range(size):
        total += max(probabilities[outcome], 0.0)
    # Outcomes below the average are stacked from the front, the others from the back.
    stack = cuts
    small, large = 0, size
    for outcome in range(size):
        chances[outcome] = max(probabilities[outcome], 0.0) * (size / total)
        pieces[2 * outcome] = pieces[2 * outcome + 1] = outcome
        if chances[outcome] < 1.0:
            stack[small] = outcome
            small += 1
        else:
            large -= 1
            stack[large] = outcome
    while small > 0 and large < size:
        poor, rich = stack[small - 1], stack[large]
        pieces[2 * poor + 1] = rich
        chances[rich] = (chances[rich] + chances[poor]) - 1.0
        small -= 1
        if chances[rich] < 1.0:
            large += 1
            stack[small] = rich
            small += 1
    for outcome in range(size):
        cuts[outcome] = np.int64(chances[outcome] * 9007199254740992.0)


@inlined
def choose(cuts: Any, pieces: Any, num_bits: int, word: Any) -> int:
    """Pick a piece by the upper bits of a word, and one of its outcomes by the lower ones."""
    # In two steps: a shift by all 64 bits is not defined.
    piece = np.int64(word >> np.uint64(1) >> np.uint64(63 - num_bits))
    rest = np.int64(word << np.uint64(num_bits) >> np.uint64(11))
    # A place in a table, and no branch: no processor could foresee it.
    is_above = np.int64(rest >= cuts[piece])
    return int(pieces[2 * piece + is_above])
