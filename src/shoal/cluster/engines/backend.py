"""The engine that sends circuits to one of Qiskit's backends: a hardware queue or a simulator."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from qiskit import QuantumCircuit

from ...primitives.bases import measured_qubits
from ...primitives.errors import EngineError
from ...primitives.outcomes import MEASURED_REGISTER, BlockOutcome, EngineRecord, ShotRows
from ...primitives.pubs import has_measurements
from ...primitives.request import Request
from ...primitives.workload import Block, IntArray, Program, Variant, Workload
from .backend_jobs import BackendJob, Entries
from .backend_limits import BackendLimits
from .backend_templates import BackendTemplates
from .sampling import Draw, Register, circuit_registers, pack_hex, shot_rows
from .seeds import block_generator, engine_seed

SEEDED_SHOTS = 2048
"""Shots of several circuits in one seeded job: Aer seeds shot s of the r-th circuit with
seed + 2113 r + s, so with more of them two circuits would draw the same shots."""

JOBS_AHEAD = 4
"""Batches that wait in a queue at once."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A variant's rows in a block."""

    block: Block
    variant: Variant
    rows: IntArray
    shots: int


@dataclass(slots=True, eq=False)
class _Batch:
    """Blocks that travel together."""

    blocks: list[Block]
    parts: list[_Part]
    jobs: list[tuple[list[tuple[int, int]], BackendJob]] = field(default_factory=list)
    """For each job which row of which part its circuits are."""

    @property
    def num_circuits(self) -> int:
        """How many circuits the blocks are."""
        return sum(part.rows.size for part in self.parts)


class BackendEngine:
    """Runs blocks as jobs of a backend."""

    def __init__(
        self,
        request: Request,
        workload: Workload,
        templates: BackendTemplates,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make the engine of one workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            templates: Of the backend, kept for later workloads.
            cancelled: Asked while a job waits in the queue.
        """
        self._request = request
        self._workload = workload
        self._templates = templates
        self._cancelled = cancelled
        self._backend = templates.backend
        self._limits = BackendLimits.of(self._backend)

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: The backend refused or broke.
        """
        return next(self.run_all([block]))

    def run_all(self, blocks: Sequence[Block]) -> Iterator[BlockOutcome]:
        """Execute blocks in few jobs.

        A simulator that takes a seed gets a job for each block, so that a block's shots depend on
        nothing but the block. A queue has no seeds, and its waiting time counts by the job: there
        a job is filled up with whatever blocks come next, and some wait in the queue at once.

        Raises:
            EngineError: The backend refused or broke.
            JobCancelledError: The work was cancelled while the backend had it.
        """
        ahead = 0 if self._limits.is_seeded else JOBS_AHEAD
        sent: deque[_Batch] = deque()
        try:
            for batch in self._batches(blocks):
                sent.append(batch)
                self._send(batch)
                if len(sent) > ahead:
                    yield from self._receive(sent[0])
                    sent.popleft()
            while sent:
                yield from self._receive(sent[0])
                sent.popleft()
        finally:
            for batch in sent:
                for _, job in batch.jobs:
                    job.cancel()

    def _batches(self, blocks: Sequence[Block]) -> Iterator[_Batch]:
        batch = _Batch([], [])
        for block in blocks:
            here = _Batch([block], list(self._parts(block)))
            room = self._limits.max_circuits - batch.num_circuits
            if batch.blocks and (self._limits.is_seeded or here.num_circuits > room):
                yield batch
                batch = here
            else:
                batch = _Batch(batch.blocks + here.blocks, batch.parts + here.parts)
        if batch.blocks:
            yield batch

    def _parts(self, block: Block) -> Iterator[_Part]:
        for variant in self._workload.variants_of(block):
            shots = block.shots_of(variant)
            assert shots is not None
            yield _Part(block, variant, variant.rows_between(block.start, block.stop), shots)

    def _send(self, batch: _Batch) -> None:
        generator = block_generator(self._request.seed, batch.blocks[0].index, 0)
        for shots in sorted({part.shots for part in batch.parts}):
            places = [
                (number, int(row))
                for number, part in enumerate(batch.parts)
                if part.shots == shots and self._is_measured(part)
                for row in part.rows
            ]
            for first in range(0, len(places), self._limits.max_circuits):
                here = places[first : first + self._limits.max_circuits]
                circuits = [self._circuit(batch.parts[number], row) for number, row in here]
                for few in self._shots_of_jobs(shots, len(circuits)):
                    seed = engine_seed(generator) if self._limits.is_seeded else None
                    batch.jobs.append((here, self._job(circuits, few, seed)))

    def _shots_of_jobs(self, shots: int, num_circuits: int) -> Iterator[int]:
        """Cut shots into what one job may draw."""
        limit = self._limits.max_shots or shots
        if self._limits.is_seeded and num_circuits > 1:
            limit = min(limit, SEEDED_SHOTS)
        for first in range(0, shots, limit):
            yield min(limit, shots - first)

    def _job(self, circuits: list[QuantumCircuit], shots: int, seed: int | None) -> BackendJob:
        with_memory = self._limits.has_memory and self._request.primitive == "sampler"
        return BackendJob(self._backend, self._limits, circuits, shots, seed, with_memory)

    def _circuit(self, part: _Part, row: int) -> QuantumCircuit:
        program = self._program(part)
        try:
            measured = self._templates.measured(program, part.variant.basis)
        except EngineError as error:
            raise EngineError(f"{self._blame(program)}: {error}") from error
        return self._templates.of(program).bound(measured, program.parameters[row])

    def _receive(self, batch: _Batch) -> Iterator[BlockOutcome]:
        found: dict[tuple[int, int], Entries] = {}
        for places, job in batch.jobs:
            try:
                entries = job.entries(self._cancelled)
            except EngineError as error:
                program = self._program(batch.parts[places[0][0]])
                raise EngineError(f"{self._blame(program)}: {error}") from error
            for place, one in zip(places, entries, strict=True):
                found[place] = found[place] + one if place in found else one
        record = EngineRecord("backend", self._limits.name, "queue", "the mode is a backend")
        for block in batch.blocks:
            shots = tuple(
                self._shot_rows(part, [found.get((number, int(row))) for row in part.rows])
                for number, part in enumerate(batch.parts)
                if part.block is block
            )
            yield BlockOutcome(block.index, record, shots)

    def _shot_rows(self, part: _Part, rows: Sequence[Entries | None]) -> ShotRows:
        """Hand a part's outcomes out to registers; rows that measure nothing read 0."""
        entries = [one or Entries(("0x0",), (part.shots,)) for one in rows]
        circuit = self._program(part).circuit
        first = circuit.num_clbits
        width = first + len(measured_qubits(part.variant.basis or ""))
        registers: tuple[Register, ...]
        if part.variant.basis is None:
            registers = circuit_registers(circuit, {bit: bit for bit in range(first)})
        else:
            registers = (Register(MEASURED_REGISTER, tuple(range(first, width))),)
        keys = [key for one in entries for key in one.keys]
        counts = [count for one in entries for count in one.counts or (1,) * len(one.keys)]
        draw = Draw(
            np.repeat(part.rows, [len(one.keys) for one in entries]),
            pack_hex(keys, width) if width else np.zeros((len(keys), 0), dtype=np.uint8),
            None if all(one.counts is None for one in entries) else np.array(counts),
        )
        return shot_rows(part.variant.index, draw, registers, width)

    def _is_measured(self, part: _Part) -> bool:
        return part.variant.basis is not None or has_measurements(self._program(part).circuit)

    def _program(self, part: _Part) -> Program:
        return self._workload.programs[part.variant.program]

    def _blame(self, program: Program) -> str:
        pubs = [n for n, pub in enumerate(self._workload.pubs) if pub.program == program.index]
        return f"pub {', '.join(map(str, pubs[:4]))}"
