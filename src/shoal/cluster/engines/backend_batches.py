"""Blocks as a backend's jobs: which circuits travel together, and what comes back, told apart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit, qpy

from ...primitives.bases import measured_qubits
from ...primitives.errors import EngineError
from ...primitives.outcomes import MEASURED_REGISTER, BlockOutcome, EngineRecord, ShotRows
from ...primitives.pubs import has_measurements
from ...primitives.workload import Block, IntArray, Program, Variant, Workload
from .backend_jobs import Entries
from .backend_templates import BackendTemplates
from .sampling import Draw, Register, circuit_registers, pack_hex, shot_rows

Place = tuple[int, int]
"""A part of a batch, and a row of its program."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A variant's rows in a block."""

    block: Block
    variant: Variant
    rows: IntArray
    shots: int


@dataclass(frozen=True, slots=True)
class JobCut:
    """What one job of a batch is: a circuit for each place, all with the same shots."""

    places: tuple[Place, ...]
    shots: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Blocks that travel together."""

    blocks: tuple[Block, ...]
    parts: tuple[Part, ...]

    @property
    def num_circuits(self) -> int:
        """How many circuits the blocks are."""
        return sum(part.rows.size for part in self.parts)

    def __add__(self, other: Batch) -> Batch:
        return Batch(self.blocks + other.blocks, self.parts + other.parts)


class BlockCircuits:
    """Makes the circuits of a workload's blocks for one backend, and reads their shots."""

    def __init__(self, workload: Workload, templates: BackendTemplates) -> None:
        """Make nothing yet.

        Args:
            workload: What is to be executed.
            templates: Of the backend.
        """
        self._workload = workload
        self._templates = templates
        self._sizes: dict[tuple[int, str | None], int] = {}

    def batch(self, blocks: Sequence[Block]) -> Batch:
        """Put blocks together."""
        return Batch(tuple(blocks), tuple(part for block in blocks for part in self._parts(block)))

    def batch_of(self, numbers: Sequence[int]) -> Batch:
        """Put blocks together, by their numbers."""
        return self.batch([self._workload.blocks[number] for number in numbers])

    def batches(self, blocks: Sequence[Block], max_circuits: int) -> Iterator[Batch]:
        """Fill batches up with whatever blocks come next; a block is never divided."""
        batch: Batch | None = None
        for block in blocks:
            here = self.batch([block])
            if batch is not None and batch.num_circuits + here.num_circuits > max_circuits:
                yield batch
                batch = None
            batch = here if batch is None else batch + here
        if batch is not None:
            yield batch

    def cuts(
        self,
        batch: Batch,
        max_circuits: int,
        max_shots: int | None,
        max_bytes: int | None = None,
    ) -> Iterator[JobCut]:
        """Cut a batch into jobs: by the batch and the limits alone, so that it is done again alike.

        Args:
            batch: The blocks.
            max_circuits: Of a job.
            max_shots: Of a circuit in a job; ``None``: any.
            max_bytes: Of a job's circuits, as QPY has them; ``None``: any.
        """
        for shots in sorted({part.shots for part in batch.parts}):
            places = [
                (number, int(row))
                for number, part in enumerate(batch.parts)
                if part.shots == shots and self._is_measured(part)
                for row in part.rows
            ]
            most = max_shots or shots
            for here in self._that_fit(batch, places, max_circuits, max_bytes):
                for taken in range(0, shots, most):
                    yield JobCut(here, min(most, shots - taken))

    def circuits(self, batch: Batch, cut: JobCut) -> list[QuantumCircuit]:
        """Return a job's circuits, bound and in the backend's instructions.

        Raises:
            EngineError: One cannot be translated.
        """
        return [self._circuit(batch.parts[number], row) for number, row in cut.places]

    def outcomes(
        self, batch: Batch, found: Mapping[Place, Entries], record: EngineRecord
    ) -> Iterator[BlockOutcome]:
        """Hand out what all jobs of a batch gave.

        Args:
            batch: The blocks.
            found: What was measured at each place.
            record: What ran it.
        """
        for block in batch.blocks:
            shots = tuple(
                self._shot_rows(part, [found.get((number, int(row))) for row in part.rows])
                for number, part in enumerate(batch.parts)
                if part.block is block
            )
            yield BlockOutcome(block.index, record, shots)

    def blame(self, batch: Batch, place: Place) -> str:
        """Name the pubs of a circuit."""
        program = self._program(batch.parts[place[0]])
        pubs = [n for n, pub in enumerate(self._workload.pubs) if pub.program == program.index]
        return f"pub {', '.join(map(str, pubs[:4]))}" if pubs else "the readout calibration"

    def _that_fit(
        self, batch: Batch, places: Sequence[Place], max_circuits: int, max_bytes: int | None
    ) -> Iterator[tuple[Place, ...]]:
        here: list[Place] = []
        num_bytes = 0
        for place in places:
            size = 0 if max_bytes is None else self._num_bytes(batch.parts[place[0]])
            if here and (
                len(here) == max_circuits
                or (max_bytes is not None and num_bytes + size > max_bytes)
            ):
                yield tuple(here)
                here, num_bytes = [], 0
            here.append(place)
            num_bytes += size
        if here:
            yield tuple(here)

    def _num_bytes(self, part: Part) -> int:
        """Return the size of a part's circuit, the same for all rows."""
        key = part.variant.program, part.variant.basis
        if key not in self._sizes:
            written = io.BytesIO()
            qpy.dump(self._templates.measured(self._program(part), part.variant.basis), written)
            self._sizes[key] = written.getbuffer().nbytes
        return self._sizes[key]

    def _parts(self, block: Block) -> Iterator[Part]:
        for variant in self._workload.variants_of(block):
            shots = block.shots_of(variant)
            assert shots is not None
            yield Part(block, variant, variant.rows_between(block.start, block.stop), shots)

    def _circuit(self, part: Part, row: int) -> QuantumCircuit:
        program = self._program(part)
        measured = self._templates.measured(program, part.variant.basis)
        return self._templates.of(program).bound(measured, program.parameters[row])

    def _shot_rows(self, part: Part, rows: Sequence[Entries | None]) -> ShotRows:
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
            pack_hex(keys, width),
            None if all(one.counts is None for one in entries) else np.array(counts),
        )
        return shot_rows(part.variant.index, draw, registers, width)

    def _is_measured(self, part: Part) -> bool:
        return part.variant.basis is not None or has_measurements(self._program(part).circuit)

    def _program(self, part: Part) -> Program:
        return self._workload.programs[part.variant.program]


def add_entries(
    found: dict[Place, Entries], places: Sequence[Place], entries: Sequence[Entries]
) -> None:
    """Add what one job gave to what others gave at the same places."""
    if len(places) != len(entries):
        raise EngineError(f"a job of {len(places)} circuits brought back {len(entries)}")
    for place, one in zip(places, entries, strict=True):
        found[place] = found[place] + one if place in found else one
