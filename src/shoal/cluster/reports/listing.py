"""Any result as a plain table: its first lines, or the strings seen most."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from .text_table import TextTable

_HIDDEN = ("pub",)


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
    """List a sampler's strings, those seen most of each parameter set first.

    Args:
        table: As ``labelled_table`` makes it.
        rows: How many at most.

    Returns:
        One line a parameter set and register: its most frequent strings.
    """
    keys = [name for name in table.column_names if name not in ("bitstring", "count")]
    lines: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    for line in table.to_pylist():
        key = tuple(line[name] for name in keys)
        lines.setdefault(key, []).append((line["count"], line["bitstring"]))
    chosen = list(lines.items())[:rows]
    shown = [name for name in keys if name not in _HIDDEN]
    cells = [
        (
            *(_cell(value) for name, value in zip(keys, key, strict=True) if name in shown),
            "  ".join(f"{string} {count:,}" for count, string in _most_frequent(counts)),
            str(len(counts)),
        )
        for key, counts in chosen
    ]
    headings = (*shown, "seen most", "distinct")
    return TextTable(headings, tuple(cells), _note(len(chosen), len(lines)))


def _most_frequent(counts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(counts, key=lambda pair: (-pair[0], pair[1]))[:4]


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
