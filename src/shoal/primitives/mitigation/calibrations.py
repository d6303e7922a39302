"""The readout calibrations of a workload, tallied from its outcomes."""

from __future__ import annotations

from collections.abc import Mapping

from ..bases import measured_qubits
from ..errors import ShoalError
from ..masks import term_masks
from ..observables import TermLabel
from ..outcomes import BlockOutcome
from ..workload import Variant, Workload
from .calibration import ReadoutCalibration, tally_calibration
from .frames import flips_of
from .readings import counts_of


class Calibrations:
    """Tallies of every calibration program, folded outcome by outcome."""

    def __init__(self, workload: Workload) -> None:
        """Start with nothing."""
        self._workload = workload
        programs = sorted({f.calibration for f in workload.families if f.calibration is not None})
        self._variants = {
            program: next(v for v in workload.variants if v.program == program)
            for program in programs
        }
        self._supports = {program: self._find_supports(program) for program in programs}
        self._tallies = {program: self._empty(program) for program in programs}

    def add(self, outcome: BlockOutcome) -> bool:
        """Take an outcome; return whether it was one of a calibration."""
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
        return True

    def part(self) -> Mapping[int, ReadoutCalibration]:
        """Return what was tallied so far, program by program."""
        return {program: tally for program, tally in self._tallies.items() if tally.shots.any()}

    def merge(self, part: Mapping[int, ReadoutCalibration]) -> None:
        """Add what another process has tallied."""
        for program, tally in part.items():
            self._tallies[program] += tally

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
            if family.calibration == program
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
