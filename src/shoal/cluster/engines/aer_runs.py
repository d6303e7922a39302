"""The ways in which Aer runs a program's blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from ...primitives.bases import measured_qubits
from ...primitives.circuits import CircuitDigest
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.recent import Recent
from ...primitives.workload import Variant
from .aer_session import AerSession
from .aer_shots import draw_by_aer, keep_control_flow, measure_basis
from .aer_states import prepare_states, state_template
from .aer_templates import template_of
from .aer_values import append_terms, compute_values
from .block_results import BlockResults
from .crew import Crew
from .facts import ProgramFacts
from .measurements import MeasuredCircuit
from .noise import Noise
from .program_reading import ProgramReading
from .readout import Readout
from .sampling import Draw, circuit_registers, measured_register
from .states import MixedStates, PureStates
from .templates import Template
from .wide_state import WideState

_TEMPLATES: Recent[Template] = Recent(1024)

AppendTerms = Callable[[Template, Sequence[int], Sequence[TermLabel], Readout], None]
"""Appends the saving of each term's value to a circuit."""

MAX_DENSE_QUBITS = 20
"""Up to here the distribution over all outcomes is held at once, where shots are drawn from it:
wider, that takes longer than Aer's own sampling, and half a state's memory and more."""

MAX_SMALL_QUBITS = 16
"""Up to here the states of several rows are held at once, and exact values read from them."""


@dataclass(frozen=True, slots=True, eq=False)
class AerTask:
    """A program as Aer is to run it."""

    digest: CircuitDigest
    measured: MeasuredCircuit
    kept: tuple[int, ...]
    """The qubits that matter, rising."""
    session: AerSession
    noise: Noise | None
    """What gates suffer."""
    readout: Readout
    crew: Crew

    @property
    def key(self) -> tuple[object, ...]:
        """What a template of this task depends on, besides what it reads."""
        return self.digest, self.method, None if self.noise is None else self.noise.key

    @property
    def width(self) -> int:
        """How many qubits matter."""
        return len(self.kept)

    @property
    def is_shot_by_shot(self) -> bool:
        """Whether every shot is a simulation of its own."""
        measured = self.measured
        return (
            self.noise is not None
            or measured.body is None
            or measured.has_resets
            or measured.has_channels
        )

    @property
    def method(self) -> str:
        """Aer's method."""
        return self.session.settings.method


class AerRun(Protocol):
    """One way of running a program."""

    def prepare(self, variants: Sequence[Variant]) -> None:
        """Write the templates that variants need.

        Raises:
            UnsupportedError: Aer does not know an instruction, and it has no definition.
        """
        ...

    def run(self, results: BlockResults, rows: FloatArray) -> None:
        """Run the rows [R, P] of a block and add everything to its results."""
        ...


class StateRun:
    """Prepares every row's state once and reads all variants from it."""

    def __init__(self, task: AerTask) -> None:
        self._task = task
        self._reading = ProgramReading(task.measured, task.kept, task.readout)

    def prepare(self, variants: Sequence[Variant]) -> None:
        """Write the template that all variants share."""
        _ = self._template

    def run(self, results: BlockResults, rows: FloatArray) -> None:
        """Run the rows [R, P] of a block and add everything to its results."""
        task, start = self._task, results.block.start
        if self._reads_one_by_one(results):
            self._run_one_by_one(results, rows)
            return
        for first, states in prepare_states(task.session, self._template, rows, task.width):
            row = start + first
            if task.method == "density_matrix":
                self._reading.read(results, row, states.shape[0], MixedStates(states))
            else:
                self._reading.read(results, row, states.shape[0], PureStates(states, task.crew))
        self._reading.hand_out(results)

    def _reads_one_by_one(self, results: BlockResults) -> bool:
        """Whether states are too large to hold several, or a distribution of one, for nothing."""
        if self._task.method == "density_matrix":
            return False
        is_exact = all(variant.is_exact for variant in results.variants)
        return self._task.width > (MAX_SMALL_QUBITS if is_exact else MAX_DENSE_QUBITS)

    def _run_one_by_one(self, results: BlockResults, rows: FloatArray) -> None:
        task, start = self._task, results.block.start
        for row in range(rows.shape[0]):
            part = rows[row : row + 1]
            for _, states in prepare_states(task.session, self._template, part, task.width):
                state = WideState(states[0], task.crew)
                self._reading.read_wide(results, start + row, state)
                # Before the next one is there: two would not fit where one nearly fills the memory.
                del state, states
        self._reading.hand_out(results)

    @cached_property
    def _template(self) -> Template:
        task = self._task
        return _TEMPLATES.get(
            (*task.key, task.kept),
            lambda: state_template(task.measured, task.kept, task.method, task.noise),
        )


class ShotRun:
    """Lets Aer draw shots and compute values, variant by variant."""

    def __init__(self, task: AerTask, append: AppendTerms = append_terms) -> None:
        self._task = task
        self._append = append
        self._templates: dict[int, Template] = {}

    def prepare(self, variants: Sequence[Variant]) -> None:
        """Write each variant's template."""
        for variant in variants:
            self._template(variant)

    def run(self, results: BlockResults, rows: FloatArray) -> None:
        """Run the rows [R, P] of a block and add everything to its results."""
        block = results.block
        for variant in results.variants:
            template = self._template(variant)
            here = variant.rows_between(block.start, block.stop)
            chosen, shots = rows[here - block.start], block.shots_of(variant)
            if shots is None:
                values = compute_values(
                    self._task.session, template, chosen, len(variant.terms), self._task.width
                )
                results.add_values(variant, here, values)
                continue
            num_bits = self._num_bits(variant)
            # Those of a basis come last.
            first = 0 if variant.basis is None else template.circuit.num_clbits - num_bits
            drawn = draw_by_aer(
                self._task.session,
                template,
                chosen,
                range(first, first + num_bits),
                shots,
                results.generator(variant),
                width=self._task.width,
                shares_seeds=self._task.is_shot_by_shot,
            )
            results.add_draw(variant, Draw(here[drawn.rows], drawn.packed, drawn.counts))
            if variant.basis is None:
                positions = {clbit: clbit for clbit in range(num_bits)}
                registers = circuit_registers(self._task.measured.circuit, positions)
            else:
                registers = (measured_register(num_bits),)
            results.hand_out(variant, registers, num_bits)

    def _num_bits(self, variant: Variant) -> int:
        if variant.basis is not None:
            return len(measured_qubits(variant.basis))
        return int(self._task.measured.circuit.num_clbits)

    def _template(self, variant: Variant) -> Template:
        found = self._templates.get(variant.index)
        if found is None:
            task = self._task
            key = (*task.key, variant.basis, variant.terms, task.readout.key, variant.is_exact)
            found = _TEMPLATES.get(
                (*key, self._append), lambda: _shot_template(task, variant, self._append)
            )
            self._templates[variant.index] = found
        return found


def _shot_template(task: AerTask, variant: Variant, append: AppendTerms) -> Template:
    measured = task.measured
    circuit = measured.body if variant.is_exact else measured.circuit
    assert circuit is not None
    template = template_of(circuit, task.method, task.noise, has_resets=measured.has_resets)
    if variant.is_exact:
        append(template, task.kept, variant.terms, task.readout)
        return template
    keep_control_flow(template.circuit)
    if variant.basis is not None:
        measure_basis(template.circuit, variant.basis)
    return template


def has_exact_states(facts: ProgramFacts, method: str) -> bool:
    """Whether a method prepares one state a row that everything can be read from."""
    if not facts.reads_final_state or method not in ("statevector", "density_matrix"):
        return False
    is_random = facts.is_noisy or facts.measured.has_resets
    return method == "density_matrix" or not is_random
