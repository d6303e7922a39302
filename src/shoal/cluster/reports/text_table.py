"""A table as aligned plain text: the same on a terminal, in a file and in a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of text under headings, with notes."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    """Full sentences below the table."""

    def lines(self) -> Iterator[str]:
        """Lay the table out.

        Returns:
            Lines without control characters: numbers to the right, words to the left.

        >>> print(*TextTable(("R", "E"), (("0.5", "-1.1"), ("10", "2"))).lines(), sep="|")
        R   E|--- ----|0.5 -1.1| 10    2
        """
        columns = list(zip(self.headings, *self.rows, strict=True))
        widths = [max(len(cell) for cell in column) for column in columns]
        to_the_right = [_is_numeric(column[1:]) for column in columns]
        yield _joined(self.headings, widths, [False] * len(widths)).rstrip()
        yield _joined(["-" * width for width in widths], widths, to_the_right)
        for row in self.rows:
            yield _joined(row, widths, to_the_right).rstrip()
        yield from self.notes


def _joined(cells: Sequence[str], widths: Sequence[int], to_the_right: Sequence[bool]) -> str:
    return " ".join(
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, to_the_right, strict=True)
    )


def _is_numeric(cells: Sequence[str]) -> bool:
    return all(not cell or cell.lstrip("+-")[:1].isdigit() for cell in cells)
