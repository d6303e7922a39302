"""Reports on standard output: colours where the terminal has them, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from ..reports.heatmap import Colour, Heatmap, cell_colours, number_lines, shade_lines
from ..reports.report import Report

MAX_MAP_COLUMNS, MAX_MAP_LINES = 100, 50


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output.

    Args:
        lines: Without line ends.
    """
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_report(report: Report) -> None:
    """Print a result as its sweep wants to see it.

    Args:
        report: Maps and a table.
    """
    console = Console(file=sys.stdout, highlight=False)
    for heatmap in report.maps:
        if not console.is_terminal or console.is_dumb_terminal or not _has_blocks(console):
            print_lines(number_lines(heatmap))
        elif console.color_system is None or console.no_color:
            print_lines(_framed(heatmap, shade_lines(heatmap, *_room(console))))
        else:
            _print_colours(console, heatmap)
        print_lines([""])
    print_lines(report.table.lines())


def _has_blocks(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _room(console: Console) -> tuple[int, int]:
    return min(console.width - 2, MAX_MAP_COLUMNS), MAX_MAP_LINES


def _framed(heatmap: Heatmap, lines: Iterable[str]) -> Iterable[str]:
    yield heatmap.title
    yield f"{heatmap.y_name} up to {heatmap.y.max():.4g}"
    yield from lines
    yield (
        f"{heatmap.y_name} from {heatmap.y.min():.4g}; "
        f"{heatmap.x_name} from {heatmap.x.min():.4g} to {heatmap.x.max():.4g}; "
        f"dark {heatmap.values.min():.4g}, bright {heatmap.values.max():.4g}"
    )


def _print_colours(console: Console, heatmap: Heatmap) -> None:
    """Print two cells a character: the upper half block has a foreground and a background."""
    columns, lines = _room(console)
    cells = cell_colours(heatmap, columns, 2 * lines)
    if len(cells) % 2:
        cells.append(cells[-1])
    title, top, bottom = _framed(heatmap, ())
    console.out(title, top, sep="\n")
    for upper, lower in zip(cells[::2], cells[1::2], strict=True):
        segments = [Segment("▀", _style(a, b)) for a, b in zip(upper, lower, strict=True)]
        console.print(Segments([*segments, Segment.line()]), soft_wrap=True, end="")
    console.out(bottom)


def _style(upper: Colour, lower: Colour) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
