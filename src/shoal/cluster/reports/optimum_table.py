"""Optima as a table: what was estimated, what is exact, and the difference."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...primitives.precision import shots_for_precision
from ..sweeps.labels import Label
from .optimum import Optimum, Reading
from .optimum_notes import optimum_notes
from .references import References
from .text_table import TextTable


def optimum_table(
    optima: Sequence[Optimum], references: References, unit: str, rows: int
) -> TextTable:
    """Lay optima out.

    Args:
        optima: One a row.
        references: What they are held against.
        unit: Of the expectation values.
        rows: How many rows at most.

    Returns:
        Labels, parameters, a column a pass, the reference, and the difference from it.
    """
    names = list(dict.fromkeys(name for one in optima for name in _named(one, optima)))
    angles = list(dict.fromkeys(name for one in optima for name in one.point))
    headings = [*names, *angles, *(_pass_heading(one, unit) for one in optima[0].readings)]
    if references.heading:
        headings += [references.heading, "difference"]
    lines = []
    for optimum, value in list(zip(optima, references.values, strict=True))[:rows]:
        said = _named(optimum, optima)
        cells = [_cell(said.get(name, "")) for name in names]
        cells += [f"{optimum.point[name]:.5f}" if name in optimum.point else "" for name in angles]
        cells += [_estimate_text(reading) for reading in optimum.readings]
        if references.heading:
            cells += _comparison(optimum.roughest, value)
        lines.append(tuple(cells))
    notes = optimum_notes(optima, references, len(lines))
    return TextTable(tuple(headings), tuple(lines), tuple(notes))


def _named(optimum: Optimum, optima: Sequence[Optimum]) -> dict[str, Label]:
    """Return an optimum's labels, and its circuit where there are several."""
    several = len({one.circuit for one in optima}) > 1
    return {**({"circuit": optimum.circuit} if several else {}), **optimum.labels}


def _pass_heading(reading: Reading, unit: str) -> str:
    shots = shots_for_precision(reading.precision)
    of = f" [{unit}]" if unit else ""
    return f"exact{of}" if shots is None else f"estimate{of}, {shots:,} shots a basis"


def _estimate_text(reading: Reading) -> str:
    """Write an estimate; two digits of its standard error."""
    if reading.std == 0:
        return f"{reading.ev:.6f}"
    digits = max(0, 1 - math.floor(math.log10(reading.std)))
    return f"{reading.ev:.{digits}f} +- {reading.std:.{digits}f}"


def _comparison(reading: Reading, value: float | None) -> list[str]:
    if value is None:
        return ["too large", ""]
    return [f"{value:.6f}", f"{reading.ev - value:+.6f}"]


def _cell(label: Label) -> str:
    return label if isinstance(label, str) else f"{label:g}"
