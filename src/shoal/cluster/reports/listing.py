"""Any result as a plain table: its first lines, or the strings seen most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .text_table import TextTable

_HIDDEN = ("pub",)
_RANKINGS = (("quasi", "quasi-probability"), ("selected", "selected most"), ("count", "seen most"))
_OF_STRINGS = ("bitstring", "count", "quasi", "quasi_std", "selected")


def estimates_listing(table: pa.Table, rows: int) -> TextTable:
    """List an estimator's lines.

    Args:
        table: As ``labelled_table`` makes it.
        rows: How many at most.

    Returns:
        The first lines, and a note on the others.
    """
    return _listing(table, rows)


def counts_listing(table: pa.Table, rows: int) -> TextTable:
    """List a sampler's strings, the most frequent of each parameter set first.

    Args:
        table: As ``labelled_table`` makes it.
        rows: How many at most.

    Returns:
        One line a parameter set and register: its most frequent strings, by mitigated
        quasi-probability where there is one, else by the shots selected or seen.
    """
    ranked, heading = next(
        (name, heading) for name, heading in _RANKINGS if name in table.column_names
    )
    keys = [name for name in table.column_names if name not in _OF_STRINGS]
    lines: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for line in table.to_pylist():
        lines.setdefault(tuple(line[name] for name in keys), []).append(line)
    chosen = list(lines.items())[:rows]
    shown = [name for name in keys if name not in _HIDDEN]
    cells = [
        (
            *(_cell(value) for name, value in zip(keys, key, strict=True) if name in shown),
            "  ".join(_string_words(line, ranked) for line in _most_frequent(seen, ranked)),
            str(len(seen)),
        )
        for key, seen in chosen
    ]
    headings = (*shown, heading, "distinct")
    return TextTable(headings, tuple(cells), _note(len(chosen), len(lines)))


def _most_frequent(seen: list[Mapping[str, Any]], ranked: str) -> list[Mapping[str, Any]]:
    return sorted(seen, key=lambda line: (-(line[ranked] or 0), line["bitstring"]))[:4]


def _string_words(line: Mapping[str, Any], ranked: str) -> str:
    value = line[ranked]
    if value is None:  # a pub beside mitigated ones that was not
        return f"{line['bitstring']} {line['count']:,} seen"
    if ranked == "quasi":
        return f"{line['bitstring']} {value:.4f} +- {line['quasi_std']:.4f}"
    return f"{line['bitstring']} {value:,}"


def _listing(table: pa.Table, rows: int) -> TextTable:
    constant = {
        name for name in table.column_names if pc.count_distinct(table[name]).as_py() <= 1
    } - {"ev", "std"}
    shown = [name for name in table.column_names if name not in constant | set(_HIDDEN)]
    head = table.select(shown).slice(0, rows)
    cells = tuple(tuple(_cell(line[name]) for name in shown) for line in head.to_pylist())
    return TextTable(tuple(shown), cells, _note(head.num_rows, table.num_rows))


def _note(shown: int, total: int) -> tuple[str, ...]:
    return (
        (f"{shown:,} of {total:,} lines; the result file has them all.",) if shown < total else ()
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
