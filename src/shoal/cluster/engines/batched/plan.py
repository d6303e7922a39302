"""From a compiled circuit and what is read of it to a tape."""

from __future__ import annotations

from collections.abc import Sequence

from . import opcodes
from .circuit import CompiledCircuit
from .lowering.observing import View
from .lowering.operations import Operation
from .lowering.passes import Pass, Step, schedule
from .lowering.tape import Tape
from .lowering.writer import Sweep, TapeWriter

BLOCK_BITS = 8
"""A piece of the state: 256 amplitudes of a vector of lanes are 32 KiB, a level-one cache."""

WIDE_BLOCK_BITS = 10
"""A piece of a state that no level-two cache holds: fewer passes weigh more than a near cache."""

WIDE_STATE_BITS = 14
"""States of this many bits, 2 MiB, are such."""


def make_tape(circuit: CompiledCircuit, views: Sequence[View], num_outputs: int) -> Tape:
    """Write the tape that prepares a state once and reads all views of it.

    Args:
        circuit: What prepares the state.
        views: The computational basis, then others.
        num_outputs: How many numbers a row the views bring together.

    Returns:
        The tape.
    """
    first, *others = views
    sweeps = _first_sweeps(circuit, first, is_kept=bool(others))
    for view in others:
        sweeps += _view_sweeps(_passes(view.steps(circuit.frame), circuit.num_qubits))
    writer = TapeWriter(sweeps, circuit.num_qubits, num_outputs)
    return writer.write(circuit.columns, circuit.num_parameters)


def _passes(steps: Sequence[Step], num_bits: int) -> tuple[Pass, ...]:
    is_wide = num_bits >= WIDE_STATE_BITS
    return schedule(steps, num_bits, WIDE_BLOCK_BITS if is_wide else BLOCK_BITS)


def _first_sweeps(circuit: CompiledCircuit, view: View, *, is_kept: bool) -> list[Sweep]:
    steps = (*circuit.operations, *view.steps(circuit.frame))
    passes = _passes(steps, circuit.num_qubits)
    sweeps = []
    for place, one_pass in enumerate(passes):
        is_needed = is_kept or place + 1 < len(passes)
        is_changed = place == 0 or _changes(one_pass)
        target = opcodes.STATE if is_needed and is_changed else opcodes.NOWHERE
        sweeps.append(Sweep(one_pass, opcodes.STATE if place else opcodes.NOWHERE, target))
    return sweeps


def _view_sweeps(passes: Sequence[Pass]) -> list[Sweep]:
    sweeps = []
    for place, one_pass in enumerate(passes):
        is_needed = place + 1 < len(passes) and (place == 0 or _changes(one_pass))
        source = opcodes.COPY if place else opcodes.STATE
        sweeps.append(Sweep(one_pass, source, opcodes.COPY if is_needed else opcodes.NOWHERE))
    return sweeps


def _changes(one_pass: Pass) -> bool:
    return any(isinstance(step, Operation) for step in one_pass.steps)
