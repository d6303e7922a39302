"""How a variant's terms are read from exact states: basis by basis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...primitives.bases import BasisLabel, commuting_bases, compatible_terms, measured_qubits
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.workload import IntArray
from .diagonal_terms import DiagonalTerms
from .readout import Readout


@dataclass(frozen=True, slots=True, eq=False)
class BasisReading:
    """Terms that are read in one basis."""

    basis: BasisLabel
    positions: IntArray
    """Where the terms stand among all [K]."""
    terms: tuple[TermLabel, ...]
    masks: DiagonalTerms
    """Over the measured qubits of the basis."""


@dataclass(frozen=True, slots=True, eq=False)
class TermPlan:
    """Every term once, in the first basis that it is compatible with."""

    num_terms: int
    readings: tuple[BasisReading, ...]

    @classmethod
    def of(cls, terms: Sequence[TermLabel]) -> TermPlan:
        """Plan the reading of distinct non-trivial terms."""
        readings: list[BasisReading] = []
        left = np.ones(len(terms), dtype=np.bool_)
        for basis in commuting_bases(terms):
            fitting = compatible_terms(basis, terms)
            positions = fitting[left[fitting]]
            left[positions] = False
            chosen = tuple(terms[position] for position in positions)
            masks = DiagonalTerms.over(basis, chosen)
            readings.append(BasisReading(basis, positions.astype(np.int64), chosen, masks))
        return cls(len(terms), tuple(readings))

    @property
    def bases(self) -> tuple[BasisLabel, ...]:
        """The bases, in the order of the readings."""
        return tuple(reading.basis for reading in self.readings)

    def values(
        self, distributions: Iterable[FloatArray], num_rows: int, readout: Readout
    ) -> FloatArray:
        """Read the terms, as infinitely many shots would estimate them.

        Args:
            distributions: For each of the bases its outcomes' probabilities [R, 2**m].
            num_rows: R.
            readout: How outcomes are misread.

        Returns:
            Values [R, T].
        """
        values = np.empty((num_rows, self.num_terms))
        for reading, distribution in zip(self.readings, distributions, strict=True):
            read = readout.confuse(distribution, measured_qubits(reading.basis))
            values[:, reading.positions] = reading.masks.values(read)
        return values
