"""The engine that evolves many rows of a small circuit together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...orchestrator.ports import Slot
from ...primitives.bases import measured_qubits
from ...primitives.errors import EngineError
from ...primitives.observables import FloatArray
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, IntArray, Program, Variant, Workload
from .batched import DrawKey, sample_counts, sample_shots
from .batched_choice import choose_kernels
from .blame import blamed
from .block_results import BlockResults
from .facts import program_facts
from .kernels import Kernels
from .program_reading import ProgramReading, VariantReading
from .sampling import Draw, pack_integers
from .suffered import suffered

OUTPUT_BYTES = 1 << 26
"""Distributions that are held at once."""

_SLICE_BITS = 24
"""Of the purpose of random numbers; the rest is the variant."""


class BatchedEngine:
    """Runs blocks on compiled kernels: circuits that measure at their end, if at all."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        """Prepare for the blocks of a workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            slot: Threads that may run.
        """
        self._request = request
        self._workload = workload
        self._threads = slot.threads
        self._runs: dict[int, _BatchedRun] = {}

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: An angle is no finite number; the message has the pub and the parameters.
        """
        program = self._workload.programs[block.program]
        run = self._runs.get(program.index)
        if run is None:
            run = self._runs[program.index] = self._prepared(program)
        results = BlockResults(self._request.seed, block, self._workload.variants_of(block))
        try:
            run.run(results)
        except (ValueError, EngineError) as error:
            where = blamed(self._workload, block, program)
            raise EngineError(f"{where}: {error}") from error
        return results.finished(run.record)

    def _prepared(self, program: Program) -> _BatchedRun:
        found = suffered(self._request)
        facts = program_facts(self._workload, program, found)
        choice = choose_kernels(self._request, program, facts, found)
        if isinstance(choice, str):
            raise EngineError(f"engine 'batched' {choice}")
        kernels = choice.make(self._threads)
        return _BatchedRun(
            program.parameters,
            kernels,
            ProgramReading(facts.measured, facts.kept, found.readout),
            EngineRecord("batched", kernels.method, "CPU", choice.reason),
            self._request.seed,
            self._threads,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _BatchedRun:
    """Runs one program."""

    parameters: FloatArray
    kernels: Kernels
    reading: ProgramReading
    record: EngineRecord
    seed: int
    threads: int

    def run(self, results: BlockResults) -> None:
        for variants in _by_rows(results):
            self._run_together(results, variants)
        self.reading.hand_out(results)

    def _run_together(self, results: BlockResults, variants: Sequence[Variant]) -> None:
        """Run variants that share their rows: they share one evolution as well."""
        rows = variants[0].rows_between(results.block.start, results.block.stop)
        parameters = self.parameters[rows]
        distributed: list[VariantReading] = []
        for variant in variants:
            one = self.reading.reading(variant)
            if variant.is_exact and self.reading.is_perfect and self.kernels.reads(one.terms):
                results.add_values(variant, rows, self.kernels.values(parameters, one.terms))
            else:
                distributed.append(one)
        bases = tuple(basis for one in distributed for basis in one.bases)
        step = _rows_at_once(bases)
        for first in range(0, rows.size if bases else 0, step):
            found = self.kernels.distributions(parameters[first : first + step], bases)
            self._read(results, distributed, rows[first : first + step], found)

    def _read(
        self,
        results: BlockResults,
        readings: Sequence[VariantReading],
        rows: IntArray,
        distributions: Sequence[FloatArray],
    ) -> None:
        left = iter(distributions)
        for one in readings:
            own = [next(left) for _ in one.bases]
            if one.variant.is_exact:
                values = one.plan.values(own, rows.size, self.reading.readout)
                results.add_values(one.variant, rows, values)
                continue
            shots = results.block.shots_of(one.variant) or 0
            purpose = one.variant.index << _SLICE_BITS | results.block.slice_index
            read = self.reading.readout.confuse(own[0], measured_qubits(one.basis))
            key = DrawKey(self.seed, purpose)
            results.add_draw(one.variant, draw_by_key(read, rows, shots, key, self.threads))


def draw_by_key(
    distributions: FloatArray, rows: IntArray, shots: int, key: DrawKey, threads: int
) -> Draw:
    """Draw shots by a counter-based generator.

    Args:
        distributions: Outcome probabilities [R, 2**m].
        rows: The program's rows [R].
        shots: Shots of each row.
        key: What the random numbers are a function of, besides the row.
        threads: How many threads run at most.
    """
    numbers, dimension = rows.astype(np.uint64), distributions.shape[1]
    if shots >= dimension:
        counts = sample_counts(distributions, shots, key, numbers, threads=threads)
        entry, outcome = np.nonzero(counts)
        packed = pack_integers(outcome, dimension.bit_length() - 1)
        return Draw(rows[entry], packed, counts[entry, outcome])
    bits = sample_shots(distributions, shots, key, numbers, threads=threads)
    return Draw(np.repeat(rows, shots), bits.reshape(rows.size * shots, -1), None)


def _by_rows(results: BlockResults) -> list[list[Variant]]:
    """Put variants together that share their rows: those of one row group."""
    together: dict[bytes, list[Variant]] = {}
    for variant in results.variants:
        rows = variant.rows
        here = variant.rows_between(results.block.start, results.block.stop)
        together.setdefault(b"" if rows is None else here.tobytes(), []).append(variant)
    return list(together.values())


def _rows_at_once(bases: Sequence[str]) -> int:
    row_bytes = 8 * sum(1 << len(measured_qubits(basis)) for basis in bases)
    return max(1, OUTPUT_BYTES // max(row_bytes, 1))
