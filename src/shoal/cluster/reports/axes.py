"""An axis of a plot: round ticks over a range, and where a value falls on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values drawn between two positions."""

    low: float
    high: float
    start: float
    """Position of the low end on the page."""
    stop: float
    """Position of the high end."""

    @classmethod
    def over(cls, values: Sequence[float], start: float, stop: float) -> Axis:
        """Make an axis that shows all values, with a little room at both ends.

        Args:
            values: At least one; those that are not finite are left out.
            start: Position of the low end.
            stop: Position of the high end.
        """
        finite = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(finite), max(finite)
        room = 0.04 * (high - low)
        return cls.between(low - room, high + room, start, stop)

    @classmethod
    def between(cls, low: float, high: float, start: float, stop: float) -> Axis:
        """Make an axis from one value to another; a range of no width gets one.

        Args:
            low: The least value.
            high: The greatest one.
            start: Position of the low end.
            stop: Position of the high end.
        """
        room = 0.0 if high > low else 0.5 * abs(low) or 1.0
        return cls(low - room, high + room, start, stop)

    def position(self, value: float) -> float:
        """Return where a value is drawn."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)

    def ticks(self, wanted: int = 6) -> list[float]:
        """Return round values inside the range, about as many as wanted.

        >>> Axis(0.0, 1.0, 0.0, 100.0).ticks()
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        """
        rough = (self.high - self.low) / wanted
        power = 10.0 ** math.floor(math.log10(rough))
        step = min((1, 2, 5, 10), key=lambda factor: abs(factor * power - rough)) * power
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(number * step, 12) + 0.0 for number in range(first, last + 1)]


def tick_text(value: float) -> str:
    """Write a tick's value.

    >>> tick_text(0.1 + 0.2), tick_text(-1.0), tick_text(25000.0)
    ('0.3', '-1', '25,000')
    """
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text if len(text) <= 9 else f"{value:.2e}"
