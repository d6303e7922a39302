"""Optima as a table: what was estimated, what is exact, and what the numbers do not say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ...primitives.precision import shots_for_precision
from .diagonalization import extreme_eigenvalue
from .optimum import Optimum, Reading, Sense
from .text_table import TextTable

Reference = str | float | None


def optimum_table(
    optima: Sequence[Optimum], sense: Sense, reference: Reference, unit: str, rows: int
) -> TextTable:
    """Lay optima out.

    Args:
        optima: One a row.
        sense: Which end is best.
        reference: "exact_diagonalization", a number, or nothing.
        unit: Of the expectation values.
        rows: How many rows at most.

    Returns:
        Labels, parameters, a column a pass, the reference, and the difference from it.
    """
    references = [_reference_value(optimum, sense, reference) for optimum in optima]
    headings = [*_label_headings(optima), *optima[0].point]
    headings += [_pass_heading(reading, unit) for reading in optima[0].readings]
    if reference is not None:
        headings += [_reference_heading(reference), "difference"]
    lines = []
    for optimum, value in list(zip(optima, references, strict=True))[:rows]:
        cells = [_cell(label) for label in _labels(optimum, optima)]
        cells += [f"{angle:.5f}" for angle in optimum.point.values()]
        cells += [_estimate_text(reading) for reading in optimum.readings]
        if reference is not None:
            cells += _comparison(_noisiest(optimum), value)
        lines.append(tuple(cells))
    return TextTable(
        tuple(headings), tuple(lines), tuple(_notes(optima, sense, references, len(lines)))
    )


def _labels(optimum: Optimum, optima: Sequence[Optimum]) -> list[str | float]:
    several = len({one.circuit for one in optima}) > 1
    return [*([optimum.circuit] if several else []), *optimum.labels.values()]


def _label_headings(optima: Sequence[Optimum]) -> list[str]:
    several = len({one.circuit for one in optima}) > 1
    return [*(["circuit"] if several else []), *optima[0].labels]


def _pass_heading(reading: Reading, unit: str) -> str:
    shots = shots_for_precision(reading.precision)
    of = f" [{unit}]" if unit else ""
    return f"exact{of}" if shots is None else f"estimate{of}, {shots:,} shots"


def _estimate_text(reading: Reading) -> str:
    """Write an estimate; two digits of its standard error."""
    if reading.std == 0:
        return f"{reading.ev:.6f}"
    digits = max(0, 1 - math.floor(math.log10(reading.std)))
    return f"{reading.ev:.{digits}f} +- {reading.std:.{digits}f}"


def _noisiest(optimum: Optimum) -> Reading:
    return max(optimum.readings, key=lambda reading: reading.precision)


def _reference_value(optimum: Optimum, sense: Sense, reference: Reference) -> float | None:
    if isinstance(reference, str):
        return extreme_eigenvalue(optimum.observable, "lowest" if sense == "minimum" else "highest")
    return reference


def _reference_heading(reference: Reference) -> str:
    return "diagonalisation" if isinstance(reference, str) else "reference"


def _comparison(reading: Reading, value: float | None) -> list[str]:
    if value is None:
        return ["too large", ""]
    return [f"{value:.6f}", f"{reading.ev - value:+.6f}"]


def _cell(label: str | float) -> str:
    return label if isinstance(label, str) else f"{label:g}"


def _notes(
    optima: Sequence[Optimum], sense: Sense, references: Sequence[float | None], shown: int
) -> Iterator[str]:
    if shown < len(optima):
        yield f"{shown:,} of {len(optima):,} lines; the result file has every estimate."
    noisy = [reading for reading in optima[0].readings if shots_for_precision(reading.precision)]
    if not noisy:
        yield "Exact values at the best parameters of the scan; no shots were drawn."
        return
    if optima[0].is_chosen_exactly:
        yield (
            "Parameters are the best of the exact scan, so the estimates there are unbiased; "
            "+- is one standard error."
        )
        yield f"Not used: the {sense} over the estimates themselves, which {_luck(optima, sense)}."
        yield from _spread(optima, references)
    else:
        yield (
            f"Parameters are the best of the noisy scan itself. Such a {sense} is biased (too "
            f"{'low' if sense == 'minimum' else 'high'}): an exact pass, precision = [0, ...], "
            "chooses without noise."
        )
    if len(optima) > 1:
        yield "Lines of one circuit share their shots, so the errors of neighbours are correlated."


def _luck(optima: Sequence[Optimum], sense: Sense) -> str:
    position = optima[0].readings.index(_noisiest(optima[0]))
    gaps = [one.readings[position].best_ev - one.readings[one.chosen_in].ev for one in optima]
    word = "below" if sense == "minimum" else "above"
    return f"lies {abs(float(np.mean(gaps))):.4f} {word} the exact one on average, by luck alone"


def _spread(optima: Sequence[Optimum], references: Sequence[float | None]) -> Iterator[str]:
    """Say how far estimates lie from exact values, and those from the reference."""
    scores = [
        abs(_noisiest(one).ev - one.readings[one.chosen_in].ev) / _noisiest(one).std
        for one in optima
        if _noisiest(one).std
    ]
    if len(scores) > 1:
        inside = sum(score <= 1 for score in scores)
        yield (
            f"{inside} of {len(scores)} estimates lie within one standard error of the exact value "
            f"of the same parameters; the farthest is {max(scores):.1f} away."
        )
    gaps = [
        abs(one.readings[one.chosen_in].ev - value)
        for one, value in zip(optima, references, strict=True)
        if value is not None
    ]
    if gaps:
        yield f"The exact scan comes within {max(gaps):.1e} of the reference everywhere."
