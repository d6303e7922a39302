"""What a table of optima does not say by itself: how they were chosen, and how far luck goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from .optimum import Optimum
from .references import References


def optimum_notes(optima: Sequence[Optimum], references: References, shown: int) -> Iterator[str]:
    """Write the notes below a table of optima.

    Args:
        optima: All of them.
        references: What they are held against.
        shown: How many the table shows.

    Yields:
        Full sentences.
    """
    sense = optima[0].sense
    if shown < len(optima):
        yield f"{shown:,} of {len(optima):,} lines; the result file has every estimate."
    if all(reading.is_exact for reading in optima[0].readings):
        yield "Exact values at the best parameters of the scan; no shots were drawn."
        return
    if optima[0].is_chosen_exactly:
        yield (
            "Parameters are the best of the exact scan, so the estimates there are unbiased; "
            "+- is one standard error."
        )
        yield f"Not used: the {sense} over the estimates themselves, which {_luck(optima)}."
        yield from _spread(optima)
        yield from _gap(optima, references)
    else:
        yield (
            f"Parameters are the best of the noisy scan itself. Such a {sense} is biased (too "
            f"{'low' if sense == 'minimum' else 'high'}): an exact pass, precision = [0, ...], "
            "chooses without noise."
        )
    if max(Counter(one.circuit for one in optima).values()) > 1:
        yield "Lines of one circuit share their shots, so the errors of neighbours are correlated."


def _luck(optima: Sequence[Optimum]) -> str:
    gaps = [one.roughest.best_ev - one.chosen.ev for one in optima]
    word = "below" if optima[0].sense == "minimum" else "above"
    return f"lies {abs(float(np.mean(gaps))):.4f} {word} the exact one on average, by luck alone"


def _spread(optima: Sequence[Optimum]) -> Iterator[str]:
    """Say how far estimates lie from the exact values of the same parameters."""
    scores = [
        abs(one.roughest.ev - one.chosen.ev) / one.roughest.std
        for one in optima
        if one.roughest.std
    ]
    if len(scores) > 1:
        inside = sum(score <= 1 for score in scores)
        yield (
            f"{inside} of {len(scores)} estimates lie within one standard error of the exact value "
            f"of the same parameters; the farthest is {max(scores):.1f} away."
        )


def _gap(optima: Sequence[Optimum], references: References) -> Iterator[str]:
    gaps = [
        abs(one.chosen.ev - value)
        for one, value in zip(optima, references.values, strict=True)
        if value is not None
    ]
    if gaps:
        yield f"Exact scan and {references.heading} differ by {max(gaps):.1e} at most."
