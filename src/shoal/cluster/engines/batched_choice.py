"""What the batched engine can run, and what it is the fastest for."""

from __future__ import annotations

from ...primitives.request import Request
from ...primitives.workload import Program
from .batched import CannotCompile
from .compact import compact_circuit
from .facts import ProgramFacts

MAX_QUBITS = 20
"""Eight states of 16 MiB are the most that a thread may hold."""

MAX_SINGLE_QUBITS, FULL_LANES = 16, 8
"""Wider circuits take eight rows at a time, or Aer is faster."""


def why_not_batched(
    request: Request, program: Program, facts: ProgramFacts, *, is_asked: bool
) -> str | None:
    """Say why a program is not run on the batched kernels.

    Args:
        request: What was asked.
        program: The program.
        facts: What must be known of it.
        is_asked: Whether the user asked for this engine.

    Returns:
        The obstacle, as the end of a sentence; ``None``: there is none.
    """
    asked = request.options.simulator
    if asked.method not in ("automatic", "statevector"):
        return f"has no method {asked.method!r}"
    if asked.device != "CPU":
        return "does not run on a GPU"
    if facts.is_noisy or not facts.readout.is_classical:
        return "knows no noise but that of the readout"
    if not facts.reads_final_state or facts.measured.has_resets:
        return "runs circuits that measure each qubit once, at their end, and reset nothing"
    is_sparse = facts.width > MAX_SINGLE_QUBITS and facts.num_rows < FULL_LANES
    if facts.width > MAX_QUBITS or (is_sparse and not is_asked):
        return f"is not made for {facts.width} qubits at {facts.num_rows} parameter sets"
    try:
        compact_circuit(program, facts.kept)
    except CannotCompile as obstacle:
        return f"cannot compile the circuit ({obstacle})"
    return None
