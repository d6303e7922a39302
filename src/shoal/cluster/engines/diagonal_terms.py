"""Terms over the outcomes of a basis in which they are all diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.workload import IntArray
from .state_kernels import add_diagonal_values

READ_OF_LETTER = {
    **dict.fromkeys("XYZ", (1.0, -1.0)),
    **dict.fromkeys("0+r", (1.0, 0.0)),
    **dict.fromkeys("1-l", (0.0, 1.0)),
}
"""What a letter reads for the outcomes 0 and 1 of its basis."""

_ONES = frozenset("1-l")
_PROJECTORS = frozenset("01+-rl")


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalTerms:
    """T terms as masks over the bits of an outcome."""

    signs: IntArray
    """Bits whose parity is the sign [T]."""
    kept: IntArray
    """Bits that are projected [T]."""
    ones: IntArray
    """What these must be [T]."""

    @classmethod
    def over(cls, basis: BasisLabel, terms: Sequence[TermLabel]) -> DiagonalTerms:
        """Write terms over the measured qubits of a basis that they are compatible with."""
        width = len(basis)
        places = [(bit, width - 1 - qubit) for bit, qubit in enumerate(measured_qubits(basis))]
        signs, kept, ones = (np.zeros(len(terms), dtype=np.int64) for _ in range(3))
        for number, term in enumerate(terms):
            for bit, position in places:
                letter = term[position]
                if letter in _PROJECTORS:
                    kept[number] |= 1 << bit
                    ones[number] |= (letter in _ONES) << bit
                elif letter != "I":
                    signs[number] |= 1 << bit
        return cls(signs, kept, ones)

    def values(self, probabilities: FloatArray) -> FloatArray:
        """Return the terms' values [R, T] over distributions [R, 2**m]."""
        found = np.zeros((probabilities.shape[0], self.signs.size))
        for row, distribution in enumerate(probabilities):
            self.add(distribution, 0, found[row])
        return found

    def add(self, distribution: FloatArray, offset: int, sums: FloatArray) -> None:
        """Add the share of outcomes ``offset``, ``offset + 1``, ... to ``sums`` [T]."""
        add_diagonal_values(distribution, offset, self.signs, self.kept, self.ones, sums)
