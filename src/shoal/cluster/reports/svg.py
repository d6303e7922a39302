"""Plots as SVG: one string, no scripts, no fonts of its own, readable in light and dark pages."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from .axes import Axis, tick_text
from .heatmap import Heatmap, cell_colours, colour_of
from .png import png_of

WIDTH, HEIGHT = 640, 360
MAX_CELLS = 400
"""Along each axis of a landscape."""

LEFT, RIGHT, TOP, BOTTOM = 78, 16, 34, 52

PALETTE = ("#3b6fb6", "#d1495b", "#2e8b57", "#8a5fb0", "#c98a1b")
"""Colours that differ in brightness too."""

STYLE = (
    "svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}"
    "text{font:12px system-ui,sans-serif;fill:currentColor}"
    ".title{font-size:14px;font-weight:600}"
    ".axis{stroke:currentColor;stroke-opacity:.35;fill:none}"
    ".grid{stroke:currentColor;stroke-opacity:.1}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    errors: Sequence[float] | None = None
    """One standard error of each point."""
    style: Literal["line", "dashes", "points"] = "line"


def plot_svg(title: str, x_name: str, y_name: str, several: Sequence[Series]) -> str:
    """Draw series over one pair of axes.

    Args:
        title: Above the plot.
        x_name: Below the plot.
        y_name: Beside it.
        several: What is drawn, the first one at the bottom.

    Returns:
        An ``<svg>`` element.
    """
    x_axis = Axis.over([x for one in several for x in one.x], LEFT, WIDTH - RIGHT)
    y_axis = Axis.over([y for one in several for y in _reach(one)], HEIGHT - BOTTOM, TOP)
    parts = [*_frame(title, x_name, y_name, x_axis, y_axis)]
    for number, one in enumerate(several):
        colour = PALETTE[number % len(PALETTE)]
        parts += _drawn(one, colour, x_axis, y_axis)
        parts += _key(one, colour, number)
    return _svg(WIDTH, HEIGHT, title, parts)


def heatmap_svg(heatmap: Heatmap) -> str:
    """Draw a landscape.

    Args:
        heatmap: The map.

    Returns:
        An ``<svg>`` element.
    """
    side = HEIGHT - TOP - BOTTOM
    x_axis = Axis.between(float(heatmap.x.min()), float(heatmap.x.max()), LEFT, LEFT + 1.4 * side)
    y_axis = Axis.between(float(heatmap.y.min()), float(heatmap.y.max()), HEIGHT - BOTTOM, TOP)
    parts = [_cells(heatmap, x_axis, y_axis)]
    parts += _frame(heatmap.title, heatmap.x_name, heatmap.y_name, x_axis, y_axis)
    parts += _scale(heatmap, x_axis.stop + 24)
    return _svg(WIDTH, HEIGHT, heatmap.title, parts)


def _reach(one: Series) -> Iterator[float]:
    errors = one.errors or [0.0] * len(one.y)
    for y, error in zip(one.y, errors, strict=True):
        yield y - error
        yield y + error


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>{"".join(parts)}</svg>'
    )


def _frame(title: str, x_name: str, y_name: str, x_axis: Axis, y_axis: Axis) -> Iterator[str]:
    yield f'<text class="title" x="{LEFT}" y="{TOP - 14}">{escape(title)}</text>'
    for value in x_axis.ticks():
        x = x_axis.position(value)
        yield _line(x, y_axis.start, x, y_axis.stop, "grid")
        yield _text(x, y_axis.start + 18, tick_text(value), "middle")
    for value in y_axis.ticks():
        y = y_axis.position(value)
        yield _line(x_axis.start, y, x_axis.stop, y, "grid")
        yield _text(x_axis.start - 8, y + 4, tick_text(value), "end")
    yield (
        f'<path class="axis" d="M{x_axis.start:.1f} {y_axis.stop:.1f}V{y_axis.start:.1f}'
        f'H{x_axis.stop:.1f}"/>'
    )
    yield _text((x_axis.start + x_axis.stop) / 2, HEIGHT - 12, x_name, "middle")
    middle = (y_axis.start + y_axis.stop) / 2
    yield (
        f'<text transform="translate(16 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_name)}</text>"
    )


def _drawn(one: Series, colour: str, x_axis: Axis, y_axis: Axis) -> Iterator[str]:
    points = [(x_axis.position(x), y_axis.position(y)) for x, y in zip(one.x, one.y, strict=True)]
    if one.style != "points":
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if one.style == "dashes" else ""
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>'
        return
    for number, (x, y) in enumerate(points):
        if one.errors is not None:
            low = y_axis.position(one.y[number] - one.errors[number])
            high = y_axis.position(one.y[number] + one.errors[number])
            yield f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>'


def _key(one: Series, colour: str, number: int) -> Iterator[str]:
    y = TOP + 14 + 18 * number
    x = WIDTH - RIGHT - 12
    yield f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/>'
    yield _text(x - 10, y, one.name, "end")


def _cells(heatmap: Heatmap, x_axis: Axis, y_axis: Axis) -> str:
    """Draw cells as an image inside of the picture: a hundredth of the bytes of so many boxes."""
    pixels = png_of(cell_colours(heatmap, MAX_CELLS, MAX_CELLS))
    content = base64.b64encode(pixels).decode("ascii")
    return (
        f'<image x="{x_axis.start:.1f}" y="{y_axis.stop:.1f}" '
        f'width="{x_axis.stop - x_axis.start:.1f}" height="{y_axis.start - y_axis.stop:.1f}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{content}"/>'
    )


def _scale(heatmap: Heatmap, x: float) -> Iterator[str]:
    low, high = float(heatmap.values.min()), float(heatmap.values.max())
    axis = Axis.between(low, high, HEIGHT - BOTTOM, TOP)
    steps = 64
    height = (axis.start - axis.stop) / steps
    for number in range(steps):
        y = axis.start - (number + 1) * height
        colour = _hex(colour_of((number + 0.5) / steps))
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="14" height="{height + 0.5:.1f}" '
            f'fill="{colour}"/>'
        )
    for value in axis.ticks():
        yield _text(x + 20, axis.position(value) + 4, tick_text(value), "start")


def _hex(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
