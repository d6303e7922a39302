"""Randomizations of one point, as they were drawn."""

from __future__ import annotations

from dataclasses import dataclass

from ..observables import FloatArray
from ..workload import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """R rows of a template's parameters, and what each of them counts for."""

    parameters: FloatArray
    """[R, P]."""
    signs: IntArray
    """1 or -1 [R]."""
    scores: FloatArray | None = None
    """Derivatives of the logarithm of each row's weight by the rates that have errors [R, L];
    ``None`` where there are none, or no noise is injected."""
