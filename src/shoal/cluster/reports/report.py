"""A result as its sweep file wants to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qiskit.primitives import PrimitiveResult, PubResult

from ...primitives.request import Request
from ..sweeps.labels import PubLabels
from ..sweeps.model import ReportTable
from .heatmap import Heatmap
from .labelled_table import labelled_table
from .landscape import find_landscapes
from .listing import counts_listing, estimates_listing
from .optimum import Sense, find_optima
from .optimum_table import optimum_table
from .text_table import TextTable


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown of a result."""

    maps: tuple[Heatmap, ...]
    table: TextTable


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
        Maps, if any, and a table.
    """
    if request.primitive == "sampler":
        return Report((), counts_listing(labelled_table(request, labels, result), wanted.rows))
    if wanted.kind == "table":
        return Report((), estimates_listing(labelled_table(request, labels, result), wanted.rows))
    sense: Sense = "minimum" if wanted.kind == "minimum" else "maximum"
    optima = find_optima(request, labels, result, sense)
    table = optimum_table(optima, sense, wanted.reference, wanted.unit, wanted.rows)
    if wanted.kind != "heatmap":
        return Report((), table)
    return Report(tuple(find_landscapes(request, labels, result, wanted.unit)), table)
