"""What compiled kernels read of a program at rows of parameters: values, or distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...primitives.bases import BasisLabel
from ...primitives.observables import FloatArray, TermLabel


class Kernels(Protocol):
    """A program, compiled."""

    @property
    def method(self) -> str:
        """The name of the method, as Aer has it."""
        ...

    def reads(self, terms: Sequence[TermLabel]) -> bool:
        """Whether terms are read without a distribution."""
        ...

    def values(self, rows: FloatArray, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return the values [R, T] of terms at rows [R, P] of the program."""
        ...

    def distributions(
        self, rows: FloatArray, bases: tuple[BasisLabel, ...]
    ) -> Sequence[FloatArray]:
        """Return for each basis its outcomes' probabilities [R, 2**m] at rows [R, P]."""
        ...
