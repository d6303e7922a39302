"""Writes passes on a tape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import opcodes
from .columns import Columns
from .frame import Condition, Mask, parity
from .operations import Dense, Diagonal, Rotation
from .passes import Block, Pass, Step
from .preparations import Numbers, Preparations, Words
from .readings import Amplitudes, Marginal, Spectrum, Term
from .tape import Tape
from .walks import Walk, solve

STEP_SECONDS, AMPLITUDE_SECONDS = 4e-8, 1.2e-9
"""What a step costs on a nominal core, for itself and for every amplitude."""

DENSE_SCRATCH = 32
"""Vectors that the largest dense map needs aside."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A pass, and where its amplitudes come from and go to."""

    one_pass: Pass
    source: int
    target: int


class TapeWriter:
    """Lays out the workspace and writes the steps of all sweeps."""

    def __init__(self, sweeps: Sequence[Sweep], num_bits: int, num_outputs: int) -> None:
        """Collect what the sweeps need."""
        steps = [step for sweep in sweeps for step in sweep.one_pass.steps]
        self._sweeps, self._num_bits, self._num_outputs = sweeps, num_bits, num_outputs
        self._num_steps = len(steps)
        self._numbers = Numbers()
        self._prepared = Preparations(steps, self._numbers)
        self._block = Block(())
        places = {place for sweep in sweeps for place in (sweep.source, sweep.target)}
        block_vectors = max((2 << len(s.one_pass.block.vectors) for s in sweeps), default=0)
        is_transformed = any(isinstance(step, Spectrum) for step in steps)
        scratch_vectors = max(DENSE_SCRATCH, block_vectors // 2 if is_transformed else 0)
        slots = self._prepared.num_slots
        self._cosines_at = num_outputs
        self._matrices_at = num_outputs + 2 * slots
        self._tables_at = self._matrices_at + 4 * self._prepared.num_matrices
        self._scratch_at = self._tables_at + 2 * self._prepared.num_table_entries
        self._block_at = self._scratch_at + scratch_vectors
        self._state_at = self._block_at + block_vectors
        self._copy_at = self._state_at + (2 << num_bits) * (opcodes.STATE in places)
        self._end = self._copy_at + (2 << num_bits) * (opcodes.COPY in places)

    def write(self, columns: Columns, num_parameters: int) -> Tape:
        """Return the tape."""
        passes: Words = [len(self._sweeps)]
        for sweep in self._sweeps:
            body = self._write_sweep(sweep)
            passes += [len(body) + 1, *body]
        header = [0] * opcodes.HEADER_LENGTH
        sections = {
            opcodes.SLOTS: self._prepared.write_slots(),
            opcodes.MATRICES: self._prepared.write_matrices(),
            opcodes.TABLES: self._prepared.write_tables(self._tables_at),
            opcodes.PASSES: passes,
        }
        words: Words = []
        for section, content in sections.items():
            header[section] = opcodes.HEADER_LENGTH + len(words) + 1
            words += content
        header[opcodes.NUM_OUTPUTS] = self._num_outputs
        header[opcodes.COSINES_AT] = self._cosines_at
        header[opcodes.SINES_AT] = self._cosines_at + self._prepared.num_slots
        header[opcodes.MATRICES_AT] = self._matrices_at
        header[opcodes.SCRATCH_AT] = self._scratch_at
        header[opcodes.BLOCK_AT] = self._block_at
        header[opcodes.STATE_AT] = self._state_at
        header[opcodes.COPY_AT] = self._copy_at
        step_seconds = STEP_SECONDS + AMPLITUDE_SECONDS * (1 << self._num_bits)
        return Tape(
            code=np.array(header + words, dtype=np.int64),
            numbers=np.array(self._numbers.values, dtype=np.float64),
            formulas=columns.formulas,
            num_parameters=num_parameters,
            num_slots=self._prepared.num_slots,
            num_outputs=self._num_outputs,
            num_vectors=self._end,
            batch_seconds=self._num_steps * step_seconds,
        )

    def _write_sweep(self, sweep: Sweep) -> Words:
        self._block = block = sweep.one_pass.block
        bits = len(block.vectors)
        pieces = 1 << (self._num_bits - bits)
        words = [sweep.source, sweep.target, bits, pieces, block.pivots, *block.vectors, 0]
        words.append(len(sweep.one_pass.steps))
        for step in sweep.one_pass.steps:
            opcode, operands = self._write_step(step)
            words += [opcode, len(operands) + 2, *operands]
        return words

    def _write_step(self, step: Step) -> tuple[int, Words]:
        match step:
            case Rotation():
                return self._prepared.matrix_of(step).opcode, self._rotation(step)
            case Diagonal():
                return opcodes.DIAGONAL, self._diagonal(step)
            case Dense():
                return opcodes.DENSE, self._dense(step)
            case Term():
                return opcodes.TERM, self._term(step)
            case Spectrum():
                return opcodes.SPECTRUM, self._spectrum(step)
            case Marginal():
                return opcodes.MARGINAL, self._outcomes(step)
            case Amplitudes():
                return opcodes.AMPLITUDES, self._outcomes(step)

    def _rotation(self, step: Rotation) -> Words:
        place = self._matrices_at + 4 * self._prepared.matrix_of(step).number
        walk = self._walk([Condition(step.role, 0), *step.controls])
        return [self._block.place(step.flip), place, *_written(walk)]

    def _diagonal(self, step: Diagonal) -> Words:
        table = self._prepared.table_of(step)
        roles = [Condition(role, 1) for role in table.roles]
        place = self._tables_at + 2 * table.first_entry
        return [place, *self._indexed(roles, self._walk(step.controls))]

    def _dense(self, step: Dense) -> Words:
        flips = [self._block.place(flip) for flip in step.flips]
        entries = np.stack([step.matrix.real, step.matrix.imag], axis=-1)
        walk = self._walk([Condition(role, 0) for role in step.roles])
        return [len(flips), *flips, self._numbers.place(entries.ravel().tolist()), *_written(walk)]

    def _term(self, step: Term) -> Words:
        return [
            self._block.place(step.flip),
            self._block.inner(step.sign),
            step.sign & ~self._block.pivots,
            int(step.is_imaginary),
            self._numbers.place([step.weight]),
            step.output,
            *_written(self._walk(step.conditions)),
        ]

    def _spectrum(self, step: Spectrum) -> Words:
        first = step.terms[0]
        words = [
            len(self._block.vectors),
            self._block.place(first.flip),
            int(first.is_imaginary),
            *_written(self._walk(first.conditions)),
            len(step.terms),
        ]
        for term in step.terms:
            outside = term.sign & ~self._block.pivots
            weight = self._numbers.place([term.weight])
            words += [self._block.inner(term.sign), outside, weight, term.output]
        return words

    def _outcomes(self, step: Marginal | Amplitudes) -> Words:
        return [step.output, *self._indexed(step.bits, self._walk(()))]

    def _walk(self, conditions: Iterable[Condition]) -> Walk:
        outside = ~self._block.pivots
        rules = [(self._block.inner(c.role), c.role & outside, c.value) for c in conditions]
        return solve(rules, len(self._block.vectors))

    def _indexed(self, bits: Sequence[Condition], walk: Walk) -> Words:
        """Write a walk along which a number changes: one bit of it a condition."""
        inner = [self._block.inner(bit.role) for bit in bits]
        words = [len(bits)]
        for bit, mask in zip(bits, inner, strict=True):
            words += [mask, bit.role & ~self._block.pivots, bit.value ^ 1]
        return [*words, *_written(walk), *(_change(inner, step) for step in walk.steps), 0]


def _change(inner: Sequence[Mask], step: Mask) -> int:
    return sum(parity(mask & step) << bit for bit, mask in enumerate(inner))


def _written(walk: Walk) -> Words:
    shifts = [word for shift in walk.shifts for word in shift]
    checks = [word for check in walk.checks for word in check]
    head = [walk.start, len(walk.shifts), *shifts, len(walk.checks), *checks]
    return [*head, len(walk.steps), *walk.steps, 0]
