"""The distinct angles of a tape, each computed once for a batch of rows."""

from __future__ import annotations

from .affine import Affine


class Slots:
    """Numbers angles; an angle and its negative share a slot."""

    def __init__(self) -> None:
        """Start with none."""
        self._slots: dict[Affine, int] = {}

    def place(self, angle: Affine) -> tuple[int, int]:
        """Return an angle's slot, and 1 or -1: the sign to give it."""
        leading = angle.terms[0][1] if angle.terms else angle.constant
        sign = -1 if leading < 0 else 1
        return self._slots.setdefault(angle.scaled(float(sign)), len(self._slots)), sign

    @property
    def angles(self) -> list[Affine]:
        """The angles, by slot."""
        return list(self._slots)
