"""Which engine and method run a program: chosen from the request alone, by fixed rules."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from ...orchestrator.ports import Engine, Slot
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.outcomes import BlockOutcome
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Workload
from .facts import ProgramFacts, program_facts
from .suffered import suffered

ENGINES = ("auto", "aer", "batched")
"""Engines that simulate, by the names that the options take."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What runs a program, and why."""

    engine: str
    method: str
    reason: str


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
            request, workload, _ = self._given
            name = choose(request, workload, workload.programs[block.program]).engine
            self._names[block.program] = name
        if name not in self._engines:
            self._engines[name] = _engine(name, *self._given)
        return self._engines[name].run(block)


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


def check(request: Request, workload: Workload, slot: Slot | None = None) -> None:
    """Refuse what no engine here can run, before anything starts.

    Args:
        request: What was asked.
        workload: Its expansion.
        slot: What one worker will have, where that is known.

    Raises:
        UnsupportedError: What cannot be run, why, and what could run it.
    """
    for program in workload.programs:
        facts = program_facts(workload, program, suffered(request))
        choice = _choose(request, program, facts)
        if slot is not None and slot.memory_bytes is not None:
            from .aer_choice import check_memory

            precision = request.options.simulator.precision
            check_memory(facts, choice.method, precision, slot.memory_bytes)
        if choice.engine == "aer":
            from .aer import AerEngine

            AerEngine(request, workload, Slot()).prepare(program)


def choose(request: Request, workload: Workload, program: Program) -> Choice:
    """Choose an engine and a method; the same request chooses alike on every machine.

    Args:
        request: What was asked.
        workload: Its expansion.
        program: One of its programs.

    Raises:
        UnsupportedError: Nothing here can run the program as asked.
    """
    return _choose(request, program, program_facts(workload, program, suffered(request)))


def _choose(request: Request, program: Program, facts: ProgramFacts) -> Choice:
    engine = request.options.execution.engine
    if engine not in ENGINES:
        raise UnsupportedError(
            f"option execution.engine: found {engine!r}, expected one of "
            + ", ".join(map(repr, ENGINES))
        )
    if engine != "aer":
        from .batched_choice import KernelChoice, choose_kernels

        found = choose_kernels(request, program, facts, suffered(request))
        if isinstance(found, KernelChoice):
            return Choice("batched", found.method, found.reason)
        if engine == "batched":
            raise UnsupportedError(f"engine 'batched' {found}: use engine 'auto' or 'aer'")
    from .aer_choice import choose_for_aer

    method = choose_for_aer(request, program, facts, suffered(request).noise)
    return Choice("aer", method.method, method.reason)


def _engine(name: str, request: Request, workload: Workload, slot: Slot) -> Engine:
    if name == "batched":
        from .batched_engine import BatchedEngine

        return BatchedEngine(request, workload, slot)
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
