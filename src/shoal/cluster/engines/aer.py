"""The engine that runs blocks on Qiskit Aer."""

from __future__ import annotations

import numpy as np
from qiskit_aer import AerError, AerSimulator

from ...orchestrator.ports import Slot
from ...primitives.bases import measured_qubits
from ...primitives.errors import EngineError
from ...primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Variant, Workload
from .aer_program import AerProgram
from .choice import Choice, choose
from .noise import read_noise_model, readout_confusion
from .sampling import Draw, circuit_registers, draw, measured_register, merge_draws, shot_rows
from .seeds import block_generator
from .states import ExactStates


class AerEngine:
    """Runs blocks on Aer: exact states where they fit, Aer's own sampling elsewhere."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        self._request = request
        self._workload = workload
        self._slot = slot
        self._noise = read_noise_model(request.options.simulator.noise_model)
        self._readout = readout_confusion(self._noise)
        self._programs: dict[int, AerProgram] = {}

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: Aer refused or broke; the message has the pub and the parameters.
        """
        program = self._workload.programs[block.program]
        try:
            return self._run(block, self._aer_program(program))
        except (AerError, EngineError) as error:
            raise EngineError(self._blame(block, program, error)) from error

    def _run(self, block: Block, program: AerProgram) -> BlockOutcome:
        variants = self._workload.variants_of(block)
        generators = {
            one.index: block_generator(self._request.seed, block.index, one.index)
            for one in variants
        }
        rows = self._workload.programs[block.program].parameters[block.start : block.stop]
        values: dict[int, list[ValueRows]] = {}
        draws: dict[int, list[Draw]] = {}
        if program.has_exact_states:
            for first, count, states in program.exact_states(rows):
                start = block.start + first
                for variant in variants:
                    here = variant.rows_between(start, start + count)
                    if not here.size:
                        continue
                    chosen = states.rows(here - start)
                    shots = block.shots_of(variant)
                    if shots is None:
                        found = ValueRows(variant.index, here, chosen.values(variant.terms))
                        values.setdefault(variant.index, []).append(found)
                    else:
                        probabilities = self._probabilities(program, variant, chosen)
                        drawn = draw(probabilities, here, shots, generators[variant.index])
                        draws.setdefault(variant.index, []).append(drawn)
        else:
            for variant in variants:
                here = variant.rows_between(block.start, block.stop)
                shots = block.shots_of(variant)
                if shots is None:
                    raise EngineError(f"no exact values by method {program.choice.method}")
                drawn = program.sample(
                    variant.basis, rows[here - block.start], shots, generators[variant.index]
                )
                draws[variant.index] = [Draw(here[drawn.rows], drawn.packed, drawn.counts)]
        record = EngineRecord("aer", program.choice.method, "CPU", program.choice.reason)
        return BlockOutcome(
            block.index,
            record,
            tuple(
                self._shot_rows(program, variant, merge_draws(draws[variant.index]))
                for variant in variants
                if variant.index in draws
            ),
            tuple(
                merge_values(values[variant.index])
                for variant in variants
                if variant.index in values
            ),
        )

    def _probabilities(
        self, program: AerProgram, variant: Variant, states: ExactStates
    ) -> np.ndarray:
        if variant.basis is not None:
            qubits = measured_qubits(variant.basis)
            return self._readout.confuse(states.probabilities(variant.basis), qubits)
        assert program.measurements is not None
        qubits = program.measurements.qubits
        width = program.circuit.num_qubits
        basis = "".join("Z" if q in qubits else "I" for q in reversed(range(width)))
        return self._readout.confuse(states.probabilities(basis), qubits)

    def _shot_rows(self, program: AerProgram, variant: Variant, drawn: Draw) -> ShotRows:
        if variant.basis is not None:
            width = len(measured_qubits(variant.basis))
            return shot_rows(variant.index, drawn, (measured_register(width),), width)
        if program.has_exact_states:
            assert program.measurements is not None
            place = {qubit: k for k, qubit in enumerate(program.measurements.qubits)}
            held = program.measurements.qubit_of_clbit
            positions = {clbit: place[qubit] for clbit, qubit in held.items()}
            width = len(place)
        else:
            width = program.circuit.num_clbits
            positions = {clbit: clbit for clbit in range(width)}
        return shot_rows(variant.index, drawn, circuit_registers(program.circuit, positions), width)

    def _aer_program(self, program: Program) -> AerProgram:
        found = self._programs.get(program.index)
        if found is None:
            choice = choose(self._request, program)
            found = AerProgram(program, choice, self._simulator(choice))
            self._programs[program.index] = found
        return found

    def _simulator(self, choice: Choice) -> AerSimulator:
        asked = self._request.options.simulator
        return AerSimulator(
            method=choice.method,
            device=asked.device,
            precision=asked.precision,
            noise_model=self._noise,
            max_parallel_threads=self._slot.threads,
            max_parallel_experiments=self._slot.threads,
        )

    def _blame(self, block: Block, program: Program, error: Exception) -> str:
        pubs = [n for n, pub in enumerate(self._workload.pubs) if pub.program == program.index]
        first = dict(
            zip(
                (parameter.name for parameter in program.circuit.parameters),
                program.parameters[block.start].tolist(),
                strict=True,
            )
        )
        few = dict(list(first.items())[:4])
        return (
            f"pub {', '.join(map(str, pubs[:4]))}, rows {block.start} to {block.stop - 1} "
            f"(the first at {few}): {error}"
        )


def merge_values(parts: list[ValueRows]) -> ValueRows:
    """Join exact values of consecutive rows."""
    if len(parts) == 1:
        return parts[0]
    return ValueRows(
        parts[0].variant,
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
