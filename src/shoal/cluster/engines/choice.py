"""Which engine and method run a program: chosen from the request alone, by fixed rules."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from ...orchestrator.ports import Engine, Slot
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.request import Request
from ...primitives.workload import Program, Workload

ENGINES = ("auto", "aer")
"""Engines that simulate, by the names that the options take."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What runs a program, and why."""

    engine: str
    method: str
    reason: str


def choose(request: Request, workload: Workload, program: Program) -> Choice:
    """Choose an engine and a method; the same request chooses alike on every machine.

    Args:
        request: What was asked.
        workload: Its expansion.
        program: One of its programs.

    Raises:
        UnsupportedError: Nothing here can run the program as asked.
    """
    engine = request.options.execution.engine
    if engine not in ENGINES:
        raise UnsupportedError(
            f"option execution.engine: found {engine!r}, expected one of "
            + ", ".join(map(repr, ENGINES))
        )
    from .aer_choice import choose_for_aer

    method = choose_for_aer(request, workload, program)
    return Choice("aer", method.method, method.reason)


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
    from .aer import AerEngine

    return AerEngine(request, workload, slot)


def check(request: Request, workload: Workload, slot: Slot | None = None) -> None:
    """Refuse what no engine here can run, before anything starts.

    Args:
        request: What was asked.
        workload: Its expansion.
        slot: What one worker will have, where that is known.

    Raises:
        UnsupportedError: What cannot be run, why, and what could run it.
    """
    from .aer_choice import check_memory

    for program in workload.programs:
        choice = choose(request, workload, program)
        if slot is not None and slot.memory_bytes is not None:
            check_memory(request, workload, program, choice.method, slot.memory_bytes)


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
