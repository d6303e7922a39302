"""What is read of a program's exact states: each variant's terms, or its shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import TermLabel
from ...primitives.workload import Variant
from .block_results import BlockResults
from .measurements import MeasuredCircuit
from .readout import Readout
from .sampling import Draw, Register, circuit_registers, draw, measured_register, pack_integers
from .states import ExactStates
from .term_plan import TermPlan
from .wide_state import WideState


@dataclass(frozen=True, eq=False)
class VariantReading:
    """How one variant is read; qubits are numbered within the state."""

    variant: Variant
    terms: tuple[TermLabel, ...]
    """For exact values."""
    basis: BasisLabel
    """For shots."""
    registers: tuple[Register, ...]

    @cached_property
    def plan(self) -> TermPlan:
        """How exact values are read from distributions."""
        return TermPlan.of(self.terms)

    @property
    def bases(self) -> tuple[BasisLabel, ...]:
        """The bases that the variant is read in."""
        return self.plan.bases if self.variant.is_exact else (self.basis,)

    @property
    def num_bits(self) -> int:
        """Measured bits of a shot."""
        return len(measured_qubits(self.basis))


class ProgramReading:
    """Reads every variant of a program from exact states."""

    def __init__(self, measured: MeasuredCircuit, kept: Sequence[int], readout: Readout) -> None:
        """Prepare the reading.

        Args:
            measured: The program's circuit.
            kept: The circuit's qubits that the states have, rising.
            readout: How the circuit's qubits are misread.
        """
        self._measured = measured
        self._kept = tuple(kept)
        self.readout = readout.over(kept)
        self._readings: dict[int, VariantReading] = {}

    @property
    def is_perfect(self) -> bool:
        """Whether no qubit of the states is misread."""
        return self.readout.is_perfect

    def read(self, results: BlockResults, start: int, count: int, states: ExactStates) -> None:
        """Read the states of the program's rows ``start`` to ``start + count - 1``."""
        for variant in results.variants:
            rows = variant.rows_between(start, start + count)
            if not rows.size:
                continue
            reading, chosen = self.reading(variant), states.rows(rows - start)
            shots = results.block.shots_of(variant)
            if shots is None:
                found = map(chosen.probabilities, reading.bases)
                values = reading.plan.values(found, rows.size, self.readout)
                results.add_values(variant, rows, values)
            else:
                probabilities = self.readout.confuse(
                    chosen.probabilities(reading.basis), measured_qubits(reading.basis)
                )
                results.add_draw(
                    variant, draw(probabilities, rows, shots, results.generator(variant))
                )

    def read_wide(self, results: BlockResults, row: int, state: WideState) -> None:
        """Read the state of one row that is too wide for distributions."""
        for variant in results.variants:
            rows = variant.rows_between(row, row + 1)
            if not rows.size:
                continue
            reading = self.reading(variant)
            shots = results.block.shots_of(variant)
            if shots is None:
                values = state.values(reading.plan, self.readout)
                results.add_values(variant, rows, values[None])
            else:
                outcomes = state.outcomes(
                    reading.basis, shots, self.readout, results.generator(variant)
                )
                packed = pack_integers(outcomes, reading.num_bits)
                results.add_draw(variant, Draw(np.repeat(rows, shots), packed, None))

    def hand_out(self, results: BlockResults) -> None:
        """Hand all shots out to registers."""
        for variant in results.variants:
            if not variant.is_exact:
                reading = self.reading(variant)
                results.hand_out(variant, reading.registers, reading.num_bits)

    def reading(self, variant: Variant) -> VariantReading:
        """Return how a variant is read."""
        found = self._readings.get(variant.index)
        if found is None:
            found = self._readings[variant.index] = self._make_reading(variant)
        return found

    def _make_reading(self, variant: Variant) -> VariantReading:
        if variant.is_exact:
            terms = tuple(restricted(term, self._kept) for term in variant.terms)
            return VariantReading(variant, terms, "", ())
        if variant.basis is not None:
            basis = restricted(variant.basis, self._kept)
            register = measured_register(len(measured_qubits(basis)))
            return VariantReading(variant, (), basis, (register,))
        measured = self._measured.measured
        basis = "".join("Z" if qubit in measured else "I" for qubit in reversed(self._kept))
        place = {qubit: bit for bit, qubit in enumerate(measured)}
        positions = {clbit: place[q] for clbit, q in self._measured.qubit_of_clbit.items()}
        registers = circuit_registers(self._measured.circuit, positions)
        return VariantReading(variant, (), basis, registers)


def restricted(label: str, kept: Sequence[int]) -> str:
    """Return a label's letters on some qubits; it has no other than I elsewhere."""
    width = len(label)
    return "".join(label[width - 1 - qubit] for qubit in reversed(kept))
