"""A landscape over two parameters: in colours where a terminal has them, as numbers elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Colour = tuple[int, int, int]

_STOPS: tuple[Colour, ...] = (
    (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37),
)  # fmt: skip
"""Dark violet to yellow: even in brightness, and clear to colour-blind eyes."""

_SHADES = " ░▒▓█"


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """Values over two axes."""

    title: str
    x_name: str
    x: FloatArray
    y_name: str
    y: FloatArray
    values: FloatArray
    """[Y, X]."""

    def shrunk(self, columns: int, rows: int) -> Heatmap:
        """Return a map of at most so many columns and rows, by the means of neighbouring cells."""
        y_edges = _edges(self.y.size, rows)
        x_edges = _edges(self.x.size, columns)
        sums = np.add.reduceat(np.add.reduceat(self.values, y_edges, axis=0), x_edges, axis=1)
        cells = np.outer(_widths(y_edges, self.y.size), _widths(x_edges, self.x.size))
        x = np.add.reduceat(self.x, x_edges) / _widths(x_edges, self.x.size)
        y = np.add.reduceat(self.y, y_edges) / _widths(y_edges, self.y.size)
        return Heatmap(self.title, self.x_name, x, self.y_name, y, sums / cells)

    def shares(self) -> FloatArray:
        """Return where each value lies between the least (0) and the greatest (1)."""
        low, high = float(self.values.min()), float(self.values.max())
        return (self.values - low) / ((high - low) or 1.0)


def number_lines(heatmap: Heatmap, columns: int = 11, rows: int = 15) -> Iterator[str]:
    """Write a map as plain numbers.

    Args:
        heatmap: The map.
        columns: How many at most.
        rows: How many at most.

    Returns:
        Lines without control characters, the greatest y at the top.
    """
    small = heatmap.shrunk(columns, rows)
    yield f"{heatmap.title}: {heatmap.y_name} down, {heatmap.x_name} across"
    if small.values.size < heatmap.values.size:
        yield f"(means of neighbouring cells; the results have all {heatmap.values.size:,})"
    across, down, cells = (_texts(values) for values in (small.x, small.y, small.values.ravel()))
    width = max(map(len, (*across, *cells)))
    margin = max(map(len, down))
    yield " " * margin + "".join(f"  {text:>{width}}" for text in across)
    for number in reversed(range(small.y.size)):
        line = cells[number * small.x.size : (number + 1) * small.x.size]
        yield f"{down[number]:>{margin}}" + "".join(f"  {text:>{width}}" for text in line)


def shade_lines(heatmap: Heatmap, columns: int, rows: int) -> Iterator[str]:
    """Write a map in four shades and space: for a terminal without colours.

    Args:
        heatmap: The map.
        columns: How many characters wide at most.
        rows: How many lines at most.

    Returns:
        Lines, the greatest y at the top.
    """
    levels = np.minimum((heatmap.shrunk(columns, rows).shares() * len(_SHADES)).astype(int), 4)
    for line in levels[::-1]:
        yield "".join(_SHADES[level] for level in line)


def cell_colours(heatmap: Heatmap, columns: int, rows: int) -> list[list[Colour]]:
    """Colour a map's cells.

    Args:
        heatmap: The map.
        columns: How many at most.
        rows: How many at most.

    Returns:
        Rows of colours, the greatest y first.
    """
    shares = heatmap.shrunk(columns, rows).shares()[::-1]
    return [[colour_of(float(share)) for share in line] for line in shares]


def colour_of(share: float) -> Colour:
    """Return the colour of a value.

    Args:
        share: Where it lies, from 0 to 1.

    >>> colour_of(0.0), colour_of(1.0)
    ((68, 1, 84), (253, 231, 37))
    """
    position = min(max(share, 0.0), 1.0) * (len(_STOPS) - 1)
    left = min(int(position), len(_STOPS) - 2)
    part = position - left
    red, green, blue = (
        round(a + (b - a) * part) for a, b in zip(_STOPS[left], _STOPS[left + 1], strict=True)
    )
    return red, green, blue


def _texts(values: FloatArray) -> list[str]:
    """Write numbers with one number of decimals: four digits of the largest."""
    largest = float(np.abs(values).max())
    decimals = min(max(3 - int(np.floor(np.log10(largest))), 0), 9) if largest > 0 else 0
    return [f"{value:.{decimals}f}" for value in values]


def _edges(size: int, wanted: int) -> NDArray[np.intp]:
    pieces = max(1, min(size, wanted))
    return (np.arange(pieces) * size // pieces).astype(np.intp)


def _widths(edges: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    return np.diff(np.append(edges, size))
