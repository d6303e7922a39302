"""Which engine and method run a program, chosen from the request alone."""

from __future__ import annotations

from dataclasses import dataclass

from ...orchestrator.ports import Engine, Slot
from ...primitives.errors import UnsupportedError
from ...primitives.request import Request
from ...primitives.workload import Program, Workload
from .noise import read_noise_model, readout_confusion

MAX_DENSITY_QUBITS = 7
"""Noisy circuits up to this width are evolved exactly, as density matrices."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What runs a program, and why."""

    engine: str
    method: str
    reason: str


def choose(request: Request, program: Program) -> Choice:
    """Choose by fixed rules, so that the same request runs alike on every machine.

    Args:
        request: What was asked.
        program: One of its programs.
    """
    asked = request.options.simulator.method
    if asked not in (None, "auto", "automatic"):
        return Choice("aer", asked, "asked for")
    if read_noise_model(request.options.simulator.noise_model) is None:
        return Choice("aer", "statevector", "ideal circuit")
    if program.circuit.num_qubits <= MAX_DENSITY_QUBITS:
        return Choice("aer", "density_matrix", f"noise on at most {MAX_DENSITY_QUBITS} qubits")
    return Choice("aer", "statevector", "noise by trajectories")


def make_engine(request: Request, workload: Workload, slot: Slot) -> Engine:
    """Make the engine that runs a workload's blocks.

    Args:
        request: What was asked.
        workload: Its expansion.
        slot: What the engine may use.
    """
    from .aer import AerEngine

    return AerEngine(request, workload, slot)


def check(request: Request, workload: Workload) -> None:
    """Refuse what no engine here can run, before anything starts.

    Raises:
        UnsupportedError: What cannot be run, why, and what could run it.
    """
    engine = request.options.execution.engine
    if engine not in ("auto", "aer"):
        raise UnsupportedError(f"engine {engine!r} is not known; known: 'auto', 'aer'")
    readout_confusion(read_noise_model(request.options.simulator.noise_model))
