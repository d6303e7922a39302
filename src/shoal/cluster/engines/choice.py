"""Which engine and method run a program: chosen from the request alone, by fixed rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass

from ...orchestrator.ports import Engine, Slot
from ...primitives.engine_names import SIMULATORS
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.nominal_costs import MAX_STATE_QUBITS
from ...primitives.outcomes import BlockOutcome
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Workload
from .blame import blamed
from .devices import device_of
from .facts import ProgramFacts, program_facts
from .suffered import suffered

ENGINES = SIMULATORS


@dataclass(frozen=True, slots=True)
class Choice:
    """What runs a program, and why."""

    engine: str
    method: str
    reason: str
    thread_bytes: int = 0
    """What the states of one thread take, where that is known beforehand."""
    fits_all_rows: bool = False
    """Whether any other parameters would be run this way, too."""


class ChosenEngine:
    """Runs each program's blocks on the engine that was chosen for it."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        """Make no engine before a block needs it."""
        self._given = request, workload, slot
        self._engines: dict[str, Engine] = {}
        self._names: dict[int, str] = {}

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        Raises:
            EngineError: The engine refused or broke.
        """
        name = self._names.get(block.program)
        if name is None:
            name = self._names[block.program] = self._chosen(block)
        if name not in self._engines:
            self._engines[name] = _engine(name, *self._given)
        return self._engines[name].run(block)

    def _chosen(self, block: Block) -> str:
        request, workload, slot = self._given
        program = workload.programs[block.program]
        try:
            return _checked(request, workload, program, slot.memory_bytes).engine
        except UnsupportedError as error:
            raise EngineError(f"{blamed(workload, block, program)}: {error}") from error


def make_engine(request: Request, workload: Workload, slot: Slot) -> Engine:
    """Make the engine that runs a workload's blocks.

    Args:
        request: What was asked.
        workload: Its expansion.
        slot: What the engine may use.

    Raises:
        EngineError: The slot's GPU can no longer be chosen in this process.
    """
    if slot.gpu is not None:
        _claim_gpu(slot.gpu)
    return ChosenEngine(request, workload, slot)


def check(
    request: Request,
    workload: Workload,
    slot: Slot | None = None,
    *,
    queues: Collection[str] = (),
    is_here: bool = True,
) -> None:
    """Refuse what no engine here can run, before anything starts.

    Args:
        request: What was asked.
        workload: Its expansion.
        slot: What one worker will have, where that is known.
        queues: Names of queues; what they are to run was checked with them.
        is_here: Whether this process takes part in the run; if not, a world of MPI is elsewhere.

    Raises:
        UnsupportedError: What cannot be run, why, and what could run it.
    """
    _check_world(workload, is_here=is_here)
    if any(program.circuit.num_qubits == 0 for program in workload.programs):
        raise UnsupportedError("a circuit without qubits: found 0, expected at least 1 to simulate")
    memory = None if slot is None else slot.memory_bytes
    for program in workload.programs:
        if program.engine in queues:
            continue
        choice = _checked(request, workload, program, memory)
        if choice.engine == "aer":
            from .aer import AerEngine

            AerEngine(request, workload, Slot()).prepare(program)


def _check_world(workload: Workload, *, is_here: bool) -> None:
    engines = {program.engine for program in workload.programs} & set(ENGINES)
    if "aer_mpi" in engines or "mpi4py.MPI" in sys.modules:
        from .aer_mpi import check_alone, check_world

        check_alone(engines)
        if is_here:
            check_world(engines)


def choose(request: Request, workload: Workload, program: Program) -> Choice:
    """Choose an engine and a method; the same request chooses alike on every machine.

    Args:
        request: What was asked.
        workload: Its expansion.
        program: One of its programs.

    Raises:
        UnsupportedError: Nothing here can run the program as asked.
    """
    if program.engine not in ENGINES:
        return Choice("backend", program.engine, "a queue")  # `check` has asked who knows it
    return _choose(request, program, program_facts(workload, program, suffered(request, program)))


def _checked(request: Request, workload: Workload, program: Program, memory: int | None) -> Choice:
    key = "choice", program.index, memory
    known: Choice | None = workload.derived.get(key)
    if known is not None:
        return known
    choice = _newly_checked(request, workload, program, memory)
    # Whether a circuit is Clifford, which Aer and chains ask for, depends on its parameters.
    if choice.fits_all_rows:
        workload.derived[key] = choice
    return choice


def _newly_checked(
    request: Request, workload: Workload, program: Program, memory: int | None
) -> Choice:
    facts = program_facts(workload, program, suffered(request, program))
    try:
        choice = _choose(request, program, facts)
    except UnsupportedError as error:
        if memory is None or facts.width <= MAX_STATE_QUBITS:
            raise
        from .methods import size_text

        raise UnsupportedError(f"{error}; the slot has {size_text(memory)}") from error
    # Of a GPU's memory nothing is known before a worker has it.
    if memory is not None and device_of(request, program.engine) == "CPU":
        check_memory(request, facts, choice, memory)
    return choice


def check_memory(request: Request, facts: ProgramFacts, choice: Choice, memory: int) -> None:
    """Refuse states that do not fit.

    Raises:
        UnsupportedError: What they need, what there is, and what could run the program.
    """
    from .methods import size_text

    if choice.engine == "aer_mpi":
        from .aer_mpi import check_share

        check_share(request, facts, memory)
        return
    needed = _needed_bytes(request, facts, choice)
    if needed > memory:
        raise UnsupportedError(
            f"{facts.width} qubits need {size_text(needed)} as a "
            f"{choice.method.replace('_', ' ')}; the slot has {size_text(memory)}; "
            f"{_way_out(facts, choice.method)}"
        )


def memory_needed(request: Request, workload: Workload, program: Program) -> int:
    """Return the bytes that a program's states need of a worker, at the least.

    Args:
        request: What was asked.
        workload: Its expansion.
        program: One of its programs.

    Raises:
        UnsupportedError: Nothing here can run the program as asked.
    """
    facts = program_facts(workload, program, suffered(request, program))
    return _needed_bytes(request, facts, _choose(request, program, facts))


def _needed_bytes(request: Request, facts: ProgramFacts, choice: Choice) -> int:
    from .methods import state_bytes

    if choice.engine != "aer":
        return choice.thread_bytes
    return state_bytes(choice.method, facts.width, request.options.simulator.precision)


def _way_out(facts: ProgramFacts, method: str) -> str:
    """Say what could run states that do not fit."""
    if method != "density_matrix":
        return "method matrix_product_state or a GPU/MPI engine could"
    if facts.wants_values:
        return (
            "precision > 0 and method statevector, which takes shots one by one, or a GPU/MPI "
            "engine could"
        )
    return "method statevector, which takes shots one by one, or a GPU/MPI engine could"


def _choose(request: Request, program: Program, facts: ProgramFacts) -> Choice:
    engine = program.engine
    if engine not in ENGINES:
        raise UnsupportedError(
            f"option execution.engine: found {engine!r}, expected one of "
            + ", ".join(map(repr, ENGINES))
        )
    if engine == "aer_mpi":
        from .aer_mpi import check_spread

        check_spread(request, facts)
        return Choice("aer_mpi", "statevector", "asked for")
    if engine != "aer":
        from .batched_choice import KernelChoice, choose_kernels

        found = choose_kernels(request, program, facts, suffered(request, program))
        if isinstance(found, KernelChoice):
            return Choice(
                "batched", found.method, found.reason, found.thread_bytes, found.fits_all_rows
            )
        if engine == "batched":
            raise UnsupportedError(f"engine 'batched' {found}: use engine 'auto' or 'aer'")
    from .aer_choice import choose_for_aer

    method = choose_for_aer(request, program, facts, suffered(request, program).noise)
    return Choice("aer", method.method, method.reason)


def _engine(name: str, request: Request, workload: Workload, slot: Slot) -> Engine:
    if name == "batched":
        from .batched_engine import BatchedEngine

        return BatchedEngine(request, workload, slot)
    if name == "aer_mpi":
        from .aer_mpi import AerMpiEngine

        return AerMpiEngine(request, workload, slot)
    from .aer import AerEngine

    return AerEngine(request, workload, slot)


def _claim_gpu(gpu: str) -> None:
    """Make one GPU the only one that this process sees, which must be said before Aer looks."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == gpu:
        return
    if "qiskit_aer" in sys.modules:
        raise EngineError(
            f"GPU {gpu} cannot be chosen any more: Aer was imported while CUDA_VISIBLE_DEVICES was "
            f"{os.environ.get('CUDA_VISIBLE_DEVICES')!r}; give each GPU a worker process of its own"
        )
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
