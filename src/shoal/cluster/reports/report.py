"""A result as its sweep file wants to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qiskit.primitives import PrimitiveResult, PubResult

from ...primitives.request import Request
from ..sweeps.labels import PubLabels
from ..sweeps.model import ReportTable
from .curves import Curve, optimum_curves, scan_curves
from .heatmap import Heatmap
from .labelled_table import labelled_table
from .landscape import find_landscapes
from .listing import counts_listing, estimates_listing
from .optimum import Sense, find_optima
from .optimum_table import optimum_table
from .references import find_references
from .svg import heatmap_svg, plot_svg
from .text_table import TextTable
from .warning_notes import warning_notes


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown of a result."""

    maps: tuple[Heatmap, ...]
    curves: tuple[Curve, ...]
    """For pages; a terminal has no room for them."""
    table: TextTable


def pictures_of(report: Report) -> list[str]:
    """Draw a report's maps and curves.

    Args:
        report: What is shown.

    Returns:
        ``<svg>`` elements.
    """
    maps = [heatmap_svg(heatmap) for heatmap in report.maps]
    curves = [plot_svg(one.title, one.x_name, one.y_name, one.series) for one in report.curves]
    return maps + curves


def make_report(
    request: Request,
    labels: Sequence[PubLabels],
    result: PrimitiveResult[PubResult],
    wanted: ReportTable,
) -> Report:
    """Make what a sweep file asks for.

    Args:
        request: What was asked.
        labels: One a pub.
        result: What came back.
        wanted: The ``[report]`` section.

    Returns:
        Maps and curves, if any, and a table; below it what a reader of its numbers must know.
    """
    report = _wanted_report(request, labels, result, wanted)
    notes = (*report.table.notes, *warning_notes(labels, result))
    return replace(report, table=replace(report.table, notes=notes))


def _wanted_report(
    request: Request,
    labels: Sequence[PubLabels],
    result: PrimitiveResult[PubResult],
    wanted: ReportTable,
) -> Report:
    if request.primitive == "sampler":
        counts = labelled_table(request, labels, result)
        return Report((), (), counts_listing(counts, wanted.rows))
    if wanted.kind == "table":
        lines = labelled_table(request, labels, result)
        curves = tuple(scan_curves(request, labels, result, wanted.unit))
        return Report((), curves, estimates_listing(lines, wanted.rows))
    sense: Sense = "minimum" if wanted.kind == "minimum" else "maximum"
    optima = find_optima(request, labels, result, sense)
    references = find_references(optima, wanted.reference)
    table = optimum_table(optima, references, wanted.unit, wanted.rows)
    if wanted.kind == "heatmap":
        return Report(tuple(find_landscapes(request, labels, result, wanted.unit)), (), table)
    return Report((), tuple(optimum_curves(optima, references, wanted.unit)), table)
