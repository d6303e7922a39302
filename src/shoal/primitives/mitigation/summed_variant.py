"""A variant with more strings than are held: what they are worth is summed as they come."""

from __future__ import annotations

import numpy as np

from ..bases import measured_qubits
from ..outcomes import ShotRows
from ..workload import IntArray, Program, Variant
from .calibration import ReadoutCalibration
from .local_sums import LocalSums, LocalWorth
from .moments import Moments
from .readings import counts_of
from .string_tallies import CountedStrings, StringTally, strings_of
from .variant_tallies import VariantMoments, merged, refuse_missing

MAX_STRING_BYTES = 1 << 26
"""What the strings of a variant may take; where it may be more, and sums take less, these are kept.
It is the request that says so: how many strings there really are is never asked."""

_ENTRY_BYTES = 16
"""Of a string's row and its count."""


def is_summed(program: Program, variant: Variant) -> bool:
    """Tell whether a variant's strings may be too many to be held."""
    assert variant.basis is not None
    bits, terms = len(measured_qubits(variant.basis)), len(variant.terms)
    rows = program.num_rows if variant.rows is None else variant.rows.size
    strings = min(variant.shots or 0, 1 << min(bits, 62))
    string_bytes = rows * strings * (-(-bits // 8) + _ENTRY_BYTES)
    sum_bytes = rows * terms * (terms + bits + 1) * 8
    is_pauli = not set("".join(variant.terms)) - set("IXYZ")
    return is_pauli and bool(terms) and MAX_STRING_BYTES < string_bytes > sum_bytes


class SummedVariant:
    """Keeps sums, and strings only as long as their calibration is not known."""

    def __init__(self, variant: Variant, cal_qubits: tuple[int, ...]) -> None:
        """Start with nothing.

        Args:
            variant: Its readout errors are undone qubit by qubit.
            cal_qubits: The qubit of each bit of the calibration.
        """
        assert variant.basis is not None
        self._variant = variant
        self._qubits = measured_qubits(variant.basis)
        self._places = [cal_qubits.index(qubit) for qubit in self._qubits]
        self._width = len(cal_qubits)
        self._early = CountedStrings()
        self._sums: list[LocalSums] = []
        self._worth: LocalWorth | None = None

    def calibrate(self, calibration: ReadoutCalibration) -> None:
        """Take the whole calibration: from now on no string is held."""
        if self._worth is not None:
            return
        own = calibration.on_bits(self._places)
        shots = self._variant.shots or 0
        self._worth = LocalWorth(self._variant.terms, self._qubits, own, shots)
        for tally in self._early.parts():
            self._add(self._worth.sums(tally.rows, tally.strings, tally.counts))
        self._early = CountedStrings()

    def add(self, shots: ShotRows) -> None:
        """Sum some of the shots up."""
        if self._worth is None:
            self._early.add(strings_of(shots))
            return
        (bits,) = shots.bits.values()
        self._add(self._worth.sums(shots.rows, bits, counts_of(shots)))

    def parts(self) -> list[LocalSums | StringTally]:
        """Return all that was added so far."""
        return [*self._sums, *self._early.parts()]

    def take(self, parts: list[LocalSums | StringTally]) -> None:
        """Add the parts of another process, which had the same calibration."""
        for part in parts:
            if isinstance(part, LocalSums):
                self._add(part)
            elif self._worth is None:
                self._early.add(part)
            else:
                self._add(self._worth.sums(part.rows, part.strings, part.counts))

    def finish_with(self, calibration: ReadoutCalibration, points: IntArray) -> VariantMoments:
        """Return the estimates at some points."""
        self.calibrate(calibration)
        assert self._worth is not None
        refuse_missing(self._sums[0].rows if self._sums else points[:0], points)
        (sums,) = self._sums
        places = np.searchsorted(sums.rows, points)
        found = [self._worth.estimate(sums, place) for place in places.tolist()]
        slopes = np.zeros((points.size, len(self._variant.terms), 2, self._width))
        own = np.stack([one.slopes for one in found])
        slopes[..., self._places] = own.reshape(*own.shape[:2], 2, -1)
        moments = Moments(
            np.stack([one.means for one in found]), np.stack([one.covariance for one in found])
        )
        return VariantMoments(moments, sums.shots[places], slopes.reshape(*own.shape[:2], -1))

    def _add(self, sums: LocalSums) -> None:
        self._sums = [merged([*self._sums, sums])]
