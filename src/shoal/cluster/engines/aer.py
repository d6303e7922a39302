"""The engine that runs blocks on Qiskit Aer."""

from __future__ import annotations

from ...orchestrator.ports import Slot
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Workload
from .aer_choice import choose_for_aer
from .aer_runs import AerRun, AerTask, ShotRun, StateRun, has_exact_states
from .aer_session import AerSession, AerSettings
from .blame import blamed
from .block_results import BlockResults
from .crew import Crew
from .facts import program_facts
from .gpu import check_gpu
from .program_cache import program_variants
from .suffered import suffered


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
        self._crew = Crew(slot.threads)
        self._runs: dict[int, tuple[AerRun, EngineRecord]] = {}
        self._fit_gpu: set[int] = set()

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: Aer refused or broke; the message has the pub and the parameters.
        """
        program = self._workload.programs[block.program]
        variants = self._workload.variants_of(block)
        try:
            run, record = self._prepared(program)
            if record.device == "GPU" and program.index not in self._fit_gpu:
                self._check_gpu(program, record)
            results = BlockResults(self._request.seed, block, variants)
            run.run(results, program.parameters[block.start : block.stop])
            return results.finished(record)
        except (EngineError, UnsupportedError) as error:
            raise EngineError(f"{blamed(self._workload, block, program)}: {error}") from error

    def prepare(self, program: Program) -> None:
        """Do all that comes before the first block of a program.

        Raises:
            UnsupportedError: Aer cannot run the program as asked.
        """
        run, _ = self._prepared(program)
        run.prepare(program_variants(self._workload, program))

    def _check_gpu(self, program: Program, record: EngineRecord) -> None:
        # Not before: whoever prepares may have no GPU, while its workers have.
        facts = program_facts(self._workload, program, suffered(self._request, program))
        precision = self._request.options.simulator.precision
        check_gpu(self._slot.gpu, record.method, facts.width, precision)
        self._fit_gpu.add(program.index)

    def _prepared(self, program: Program) -> tuple[AerRun, EngineRecord]:
        found = self._runs.get(program.index)
        if found is None:
            found = self._runs[program.index] = self._prepare(program)
        return found

    def _prepare(self, program: Program) -> tuple[AerRun, EngineRecord]:
        asked, found = self._request.options.simulator, suffered(self._request, program)
        noise, facts = found.noise, program_facts(self._workload, program, found)
        method = choose_for_aer(self._request, program, facts, noise)
        gate_noise = noise if facts.is_noisy else None
        has_states = has_exact_states(facts, method.method)
        # The readout of exact states is confused here; where Aer draws shots, by Aer.
        on_aer = gate_noise if has_states else noise
        session = AerSession(
            AerSettings(method.method, asked.device, asked.precision),
            None if on_aer is None else on_aer.model,
            self._slot,
        )
        task = AerTask(
            program.digest,
            facts.measured,
            facts.kept,
            session,
            gate_noise,
            facts.readout,
            self._crew,
        )
        record = EngineRecord("aer", method.method, asked.device, method.reason)
        return StateRun(task) if has_states else ShotRun(task), record
