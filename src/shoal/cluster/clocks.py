"""Clocks of two machines, compared: what one asked, and when; what the other answered."""

from __future__ import annotations

from dataclasses import dataclass

WORTH_A_WORD_SECONDS = 5.0
"""Times in segments and events of a cluster whose clocks differ by more are puzzling to read."""


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """By how much another clock is ahead of ours.

    >>> ClockSkew.measured(asked=10.0, said=310.5, heard=11.0)
    ClockSkew(seconds=300.0, doubt_seconds=0.5)
    """

    seconds: float
    doubt_seconds: float
    """Half of what the way there and back took."""

    @classmethod
    def measured(cls, *, asked: float, said: float, heard: float) -> ClockSkew:
        """Compare two clocks.

        Args:
            asked: When we asked, by our clock.
            said: What the other clock said.
            heard: When we heard of it, by our clock.
        """
        return cls(said - (asked + heard) / 2.0, (heard - asked) / 2.0)

    def is_beyond(self, seconds: float) -> bool:
        """Say whether the clocks differ by more, whatever the way took."""
        return abs(self.seconds) - self.doubt_seconds > seconds

    def __str__(self) -> str:
        """Say it in words."""
        return f"{abs(self.seconds):.3g} s {'ahead of' if self.seconds > 0 else 'behind'} ours"
