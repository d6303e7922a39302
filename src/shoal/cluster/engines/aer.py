"""The engine that runs blocks on Qiskit Aer."""

from __future__ import annotations

from qiskit_aer import AerError

from ...orchestrator.ports import Slot
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Workload
from .aer_choice import measured_program, program_variants
from .aer_runs import AerRun, AerTask, ShotRun, StateRun, has_exact_states
from .aer_session import AerSession, AerSettings
from .block_results import BlockResults
from .choice import choose
from .crew import Crew
from .facts import kept_qubits
from .noise import read_noise
from .readout import PERFECT_READOUT, readout_of


class AerEngine:
    """Runs blocks on Aer: exact states where they fit, Aer's own sampling elsewhere."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        """Prepare for the blocks of a workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            slot: Threads, memory and GPU that may be used.
        """
        self._request = request
        self._workload = workload
        self._slot = slot
        self._noise = read_noise(request.options.simulator.noise_model)
        self._readout = PERFECT_READOUT if self._noise is None else readout_of(self._noise.model)
        self._crew = Crew(slot.threads)
        self._runs: dict[int, tuple[AerRun, EngineRecord]] = {}

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: Aer refused or broke; the message has the pub and the parameters.
        """
        program = self._workload.programs[block.program]
        variants = self._workload.variants_of(block)
        try:
            run, record = self._prepared(program)
            results = BlockResults(self._request.seed, block, variants)
            run.run(results, program.parameters[block.start : block.stop])
            return results.finished(record)
        except (AerError, EngineError, UnsupportedError) as error:
            raise EngineError(f"{self._blamed(block, program)}: {error}") from error

    def _prepared(self, program: Program) -> tuple[AerRun, EngineRecord]:
        found = self._runs.get(program.index)
        if found is None:
            found = self._runs[program.index] = self._prepare(program)
        return found

    def _prepare(self, program: Program) -> tuple[AerRun, EngineRecord]:
        asked, noise = self._request.options.simulator, self._noise
        choice = choose(self._request, self._workload, program)
        measured = measured_program(program)
        gate_noise = noise if noise is not None and noise.touches(measured.circuit) else None
        has_states = has_exact_states(measured, choice.method, gate_noise, self._readout)
        # The readout of exact states is confused here; where Aer draws shots, by Aer.
        suffered = gate_noise if has_states else noise
        task = AerTask(
            measured,
            kept_qubits(measured, program_variants(self._workload, program)),
            AerSession(
                AerSettings(choice.method, asked.device, asked.precision),
                None if suffered is None else suffered.model,
                self._slot,
            ),
            gate_noise,
            self._readout,
            self._crew,
        )
        record = EngineRecord("aer", choice.method, asked.device, choice.reason)
        return StateRun(task) if has_states else ShotRun(task), record

    def _blamed(self, block: Block, program: Program) -> str:
        pubs = [n for n, pub in enumerate(self._workload.pubs) if pub.program == program.index]
        few = ", ".join(
            f"{parameter.name}={value:.6g}"
            for parameter, value in zip(
                program.circuit.parameters, program.parameters[block.start], strict=True
            )
            if parameter in program.circuit.parameters[:4]
        )
        at = f" (the first at {few})" if few else ""
        named = ", ".join(map(str, pubs[:4])) + (", ..." if len(pubs) > 4 else "")
        return f"pub {named}, rows {block.start} to {block.stop - 1}{at}"
