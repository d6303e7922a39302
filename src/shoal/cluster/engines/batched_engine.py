"""The engine that evolves many rows of a small circuit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...orchestrator.ports import Slot
from ...primitives.bases import BasisLabel, measured_qubits
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

MAX_SHARED_LABELS = 64
"""Terms and bases that are read at all rows of a block, even if not all of these need them all."""

_Prepared = tuple[Kernels, ProgramReading, EngineRecord]

_SLICE_BITS = 24
"""Of the purpose of random numbers; the rest is the variant."""


class BatchedEngine:
    """Runs blocks on compiled kernels: circuits that measure at their end, if at all."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        """Prepare for the blocks of a workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            slot: Threads and memory that may be used.
        """
        self._request = request
        self._workload = workload
        self._threads, self._memory_bytes = slot.threads, slot.memory_bytes
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
        key = "batched", program.index, self._threads, self._memory_bytes
        known: _Prepared | None = self._workload.derived.get(key)
        if known is None:
            known = self._workload.derived[key] = self._prepare(program)
        return _BatchedRun(program.parameters, *known, self._request.seed, self._threads)

    def _prepare(self, program: Program) -> _Prepared:
        """Do all that no parameter has to do with."""
        found = suffered(self._request, program)
        facts = program_facts(self._workload, program, found)
        choice = choose_kernels(self._request, program, facts, found)
        if isinstance(choice, str):
            raise EngineError(f"engine 'batched' {choice}")
        kernels = choice.make(self._threads, self._memory_bytes)
        return (
            kernels,
            ProgramReading(choice.facts.measured, choice.facts.kept, found.readout),
            EngineRecord("batched", kernels.method, "CPU", choice.reason),
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
        for variants in _shared_evolutions(results):
            self._run_together(results, variants)
        self.reading.hand_out(results)

    def _run_together(self, results: BlockResults, variants: Sequence[Variant]) -> None:
        """Run variants in one evolution of all rows that any of them needs."""
        block = results.block
        own_rows = [variant.rows_between(block.start, block.stop) for variant in variants]
        rows = own_rows[0] if len(variants) == 1 else np.unique(np.concatenate(own_rows))
        direct: list[VariantReading] = []
        distributed: list[VariantReading] = []
        for variant in variants:
            one = self.reading.reading(variant)
            is_direct = variant.is_exact and self.reading.is_perfect
            (direct if is_direct and self.kernels.reads(one.terms) else distributed).append(one)
        if direct:
            self._read_values(results, direct, rows)
        bases = tuple(dict.fromkeys(basis for one in distributed for basis in one.bases))
        step = _rows_at_once(bases)
        for first in range(0, rows.size if bases else 0, step):
            part = rows[first : first + step]
            found = self.kernels.distributions(self.parameters[_places(part)], bases)
            self._read(results, distributed, part, dict(zip(bases, found, strict=True)))

    def _read_values(
        self, results: BlockResults, readings: Sequence[VariantReading], rows: IntArray
    ) -> None:
        terms = tuple(dict.fromkeys(term for one in readings for term in one.terms))
        values = self.kernels.values(self.parameters[_places(rows)], terms)
        column = {term: place for place, term in enumerate(terms)}
        for one in readings:
            here = _rows_of(one.variant, rows)
            columns = [column[term] for term in one.terms]
            is_whole = here.size == rows.size and columns == list(range(len(terms)))
            chosen = values if is_whole else values[np.searchsorted(rows, here)][:, columns]
            results.add_values(one.variant, here, chosen)

    def _read(
        self,
        results: BlockResults,
        readings: Sequence[VariantReading],
        rows: IntArray,
        distributions: Mapping[BasisLabel, FloatArray],
    ) -> None:
        for one in readings:
            here = _rows_of(one.variant, rows)
            if not here.size:
                continue
            own = [distributions[basis] for basis in one.bases]
            if here.size < rows.size:
                own = [found[np.searchsorted(rows, here)] for found in own]
            if one.variant.is_exact:
                values = one.plan.values(own, here.size, self.reading.readout)
                results.add_values(one.variant, here, values)
                continue
            shots = results.block.shots_of(one.variant) or 0
            purpose = one.variant.index << _SLICE_BITS | results.block.slice_index
            read = self.reading.readout.confuse(own[0], measured_qubits(one.basis))
            key = DrawKey(self.seed, purpose)
            results.add_draw(one.variant, draw_by_key(read, here, shots, key, self.threads))


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
        flat = counts.reshape(-1)
        # Of a flat array of booleans numpy finds the places many times faster than of a table.
        places = np.flatnonzero(flat != 0)
        num_bits = dimension.bit_length() - 1
        packed = pack_integers(places & (dimension - 1), num_bits)
        return Draw(rows[places >> num_bits], packed, flat[places])
    bits = sample_shots(distributions, shots, key, numbers, threads=threads)
    return Draw(np.repeat(rows, shots), bits.reshape(rows.size * shots, -1), None)


def _shared_evolutions(results: BlockResults) -> list[Sequence[Variant]]:
    """Put variants together that one evolution is to serve.

    All of them, unless reading everything at every row would cost more than evolving rows anew:
    then those that share their rows.
    """
    labels = {label for one in results.variants for label in (one.basis, *one.terms)}
    if len(results.variants) == 1 or len(labels) <= MAX_SHARED_LABELS:
        return [results.variants]
    together: dict[bytes, list[Variant]] = {}
    for variant in results.variants:
        here = variant.rows_between(results.block.start, results.block.stop)
        together.setdefault(here.tobytes(), []).append(variant)
    return list(together.values())


def _places(rows: IntArray) -> IntArray | slice:
    """Return what picks rising rows out of a table, without a copy of it where there is no gap."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == rows.size else rows


def _rows_of(variant: Variant, rows: IntArray) -> IntArray:
    """Return which of some consecutive needed rows a variant needs."""
    if variant.rows is None:
        return rows
    return variant.rows_between(int(rows[0]), int(rows[-1]) + 1)


def _rows_at_once(bases: Sequence[str]) -> int:
    row_bytes = 8 * sum(1 << len(measured_qubits(basis)) for basis in bases)
    return max(1, OUTPUT_BYTES // max(row_bytes, 1))
