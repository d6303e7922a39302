"""What each part of a sweep allows, and all of them together do not."""

from __future__ import annotations

from collections.abc import Sequence

from .source import SweepSource
from .sweep_pub import SweepPub

RESULT_COLUMNS = frozenset(
    {"pub", "circuit", "precision", "shots", "ev", "std", "register", "bitstring", "count"}
)
"""Columns that every result table may have."""


def check_report(source: SweepSource, pubs: Sequence[SweepPub]) -> None:
    """Refuse a report that the sweep's pubs cannot fill.

    Args:
        source: The sweep file.
        pubs: All of its pubs.

    Raises:
        RequestError: The report is of the wrong kind.
    """
    kind = source.table.report.kind
    if kind == "table":
        return
    if source.table.primitive == "sampler":
        raise source.fault(("report", "kind"), f"found {kind!r}; a sampler's report is a 'table'")
    if kind != "heatmap":
        return
    for pub in pubs:
        if len(pub.labels.dimensions) != 2:
            raise source.fault(
                ("report", "kind"),
                f"a heatmap takes a grid of two parameters; circuit {pub.labels.circuit!r} scans "
                f"{len(pub.labels.dimensions)}: {', '.join(pub.labels.dimensions) or 'no grid'}",
            )


def check_columns(source: SweepSource, pubs: Sequence[SweepPub]) -> None:
    """Refuse names that the columns of the result table could not tell apart.

    Args:
        source: The sweep file.
        pubs: All of its pubs.

    Raises:
        RequestError: A parameter or a label has the name of another column.
    """
    for pub in pubs:
        labels = {name for one in pub.labels.observables for name in one}
        parameters = {parameter.name for parameter in pub.circuit.parameters}
        clashes = (labels & parameters) | ((labels | parameters) & RESULT_COLUMNS)
        if clashes:
            raise source.fault(
                ("circuits", pub.labels.circuit.partition("[")[0]),
                f"found a parameter or a label called {min(clashes)!r}, which is another column of "
                f"the results too; those have {', '.join(sorted(RESULT_COLUMNS))}",
            )
