"""Circuits as they were read for earlier requests, found again by their digest."""

from __future__ import annotations

from collections.abc import Sequence

from ...primitives.recent import Recent
from ...primitives.workload import Block, Program, Variant, Workload
from .measurements import MeasuredCircuit, measured_circuit

_MEASURED: Recent[MeasuredCircuit] = Recent(1024)


def measured_program(program: Program) -> MeasuredCircuit:
    """Return a program's circuit, read; the latest ones are kept."""
    return _MEASURED.get(program.digest, lambda: measured_circuit(program.circuit))


def program_variants(workload: Workload, program: Program) -> Sequence[Variant]:
    """Return all variants of a program."""
    return workload.variants_of(Block(0, program.index, 0, program.num_rows))
