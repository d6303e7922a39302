"""The readout calibrations of a workload, tallied from its outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..bases import measured_qubits
from ..errors import ShoalError
from ..masks import term_masks
from ..observables import FloatArray, TermLabel
from ..outcomes import BlockOutcome
from ..workload import Family, IntArray, Variant, Workload
from .calibration import ReadoutCalibration, tally_calibration
from .frames import flips_of
from .readings import counts_of
from .times import Times


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationPart:
    """What was tallied in one process, and when its shots were taken."""

    tallies: Mapping[int, ReadoutCalibration]
    times: Mapping[int, float]


class Calibrations:
    """Tallies of every calibration program, folded outcome by outcome."""

    def __init__(self, workload: Workload) -> None:
        """Start with nothing."""
        self._workload = workload
        programs = sorted({one for family in workload.families for one in family.calibrations})
        self._variants = {
            program: next(v for v in workload.variants if v.program == program)
            for program in programs
        }
        self._supports = {program: self._find_supports(program) for program in programs}
        self._tallies = {program: self._empty(program) for program in programs}
        self._times = Times(workload)
        self._left = dict.fromkeys(programs, 0)
        for block in workload.blocks:
            if block.program in self._left:
                self._left[block.program] += 1

    def add(self, outcome: BlockOutcome) -> bool:
        """Take an outcome; return whether it was one of a calibration."""
        self._times.add(outcome)
        program = self._workload.blocks[outcome.block].program
        known = self._tallies.get(program)
        if known is None:
            return False
        for shots in outcome.shots:
            (bits,) = shots.bits.values()
            known += tally_calibration(
                bits, counts_of(shots), shots.rows, known.flips, known.supports
            )
        self._tallies[program] = known
        self._left[program] -= 1
        return True

    def is_whole(self, program: int) -> bool:
        """Return whether every block of a calibration was added here."""
        return self._left[program] == 0

    def blocks(self) -> tuple[int, ...]:
        """Return the numbers of the blocks of all calibrations, rising."""
        return tuple(one.index for one in self._workload.blocks if one.program in self._tallies)

    def part(self) -> CalibrationPart:
        """Return what was tallied so far, program by program."""
        tallies = {program: one for program, one in self._tallies.items() if one.shots.any()}
        return CalibrationPart(tallies, self._times.part())

    def merge(self, part: CalibrationPart) -> None:
        """Add what another process has tallied."""
        for program, tally in part.tallies.items():
            self._tallies[program] += tally
        self._times.merge(part.times)

    def nearest(self, family: Family, program: int, points: IntArray) -> IntArray:
        """Return which of a family's calibrations is nearest in time to each point's shots.

        Args:
            family: The family.
            program: One of its programs.
            points: Rows of it, without randomizations [P].

        Returns:
            Positions in the family's calibrations [P]; 0 where no times are known.
        """
        places, apart = self._apart(family, program, points)
        if len(places) == 1 or apart is None:
            return np.zeros(points.size, dtype=np.int64)
        nearest = np.where(np.isnan(apart).any(axis=1), 0, np.argmin(apart, axis=1))
        return np.asarray(np.array(places)[nearest])

    def ages(self, family: Family, program: int, points: IntArray) -> FloatArray:
        """Return the seconds between each point's shots and the calibration nearest to them.

        Args:
            family: The family.
            program: One of its programs.
            points: Rows of it, without randomizations [P].

        Returns:
            Seconds [P]; not a number where times are not known.
        """
        _, apart = self._apart(family, program, points)
        return np.full(points.size, np.nan) if apart is None else apart.min(axis=1)

    def _apart(
        self, family: Family, program: int, points: IntArray
    ) -> tuple[list[int], FloatArray | None]:
        """Return which calibrations were measured, and the seconds [P, C] from each to points."""
        measured = [
            place
            for place, one in enumerate(family.calibrations)
            if place == 0 or self.is_measured(one)
        ]
        known = [self._times.of_program(family.calibrations[place]) for place in measured]
        if np.isnan(known).any():
            return measured, None
        apart = np.abs(self._times.of_points(program)[points, None] - np.array(known))
        return measured, np.asarray(apart)

    def of(self, program: int) -> ReadoutCalibration:
        """Return what one calibration program showed.

        Raises:
            ShoalError: Some of its circuits have not run.
        """
        found = self._tallies[program]
        if missing := int((found.shots == 0).sum()):
            raise ShoalError(
                f"shots of {missing} readout calibration circuits are missing: run the job to its "
                "end before it is reduced"
            )
        return found

    def is_measured(self, program: int) -> bool:
        """Return whether a calibration has run; one that was not needed has not."""
        return bool(self._tallies[program].shots.any())

    def qubits(self, program: int) -> tuple[int, ...]:
        """Return the qubit of each bit of a calibration."""
        return measured_qubits(_basis(self._variants[program]))

    def supports(self, program: int) -> Mapping[TermLabel, int]:
        """Return the position of each support, a label of I and Z, among the parities."""
        return self._supports[program]

    def _find_supports(self, program: int) -> dict[TermLabel, int]:
        served = {
            member
            for family in self._workload.families
            if program in family.calibrations
            for member in family.programs
        }
        found = {
            support_of(term)
            for variant in self._workload.variants
            if variant.program in served
            for term in variant.terms
        }
        return {label: place for place, label in enumerate(sorted(found))}

    def _empty(self, program: int) -> ReadoutCalibration:
        basis = _basis(self._variants[program])
        frames = self._workload.programs[program].frames
        assert frames is not None
        masks = term_masks(basis, tuple(self._supports[program])).parity
        return ReadoutCalibration.empty(flips_of(frames, basis), masks)


def support_of(term: TermLabel) -> TermLabel:
    """Return the label with Z wherever a term acts."""
    return "".join("I" if letter == "I" else "Z" for letter in term)


def _basis(variant: Variant) -> str:
    assert variant.basis is not None
    return variant.basis
