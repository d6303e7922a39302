"""Dynamical decoupling: refocusing pulses in the idle times of active qubits."""

from __future__ import annotations

import math
from collections.abc import Collection

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate
from qiskit.circuit.library import RXGate, RZGate, XGate, YGate
from qiskit.transpiler import InstructionDurations, PassManager, Target
from qiskit.transpiler.exceptions import TranspilerError
from qiskit.transpiler.passes import (
    ALAPScheduleAnalysis,
    ASAPScheduleAnalysis,
    PadDynamicalDecoupling,
    TimeUnitConversion,
)

from ..errors import RequestError

SEQUENCES: dict[str, tuple[Gate, ...]] = {
    "XX": (XGate(), XGate()),
    "XpXm": (RXGate(math.pi), RXGate(-math.pi)),
    "XY4": (XGate(), YGate(), XGate(), YGate()),
}
"""IBM's names."""

FRAME = ("x", "rz")
"""By these a device makes the pulses that it lacks: an X in a frame that is turned about Z."""

_TURNS = {("x",): 0.0, ("y",): math.pi / 2, ("rx", math.pi): 0.0, ("rx", -math.pi): math.pi}
"""By what angle the axis of a pulse is turned from that of X."""


def decouple(
    circuit: QuantumCircuit,
    durations: InstructionDurations,
    *,
    sequence: str,
    scheduling: str,
    slack: str,
    skip_reset_qubits: bool,
    target: Target | None = None,
) -> QuantumCircuit:
    """Schedule a transpiled circuit and fill the idle times of the qubits that it uses.

    Args:
        circuit: In the device's own gates.
        durations: How long each gate takes, the pulses of the sequence included.
        sequence: ``XX``, ``XpXm`` or ``XY4``.
        scheduling: ``alap`` or ``asap``: gates run as late, or as early, as they can.
        slack: ``middle`` or ``edges``: where time that is left over goes.
        skip_reset_qubits: Whether qubits that are still in their first state are left alone.
        target: The device, where its timing constraints count.

    Returns:
        The circuit with delays and pulses; it acts as before.

    Raises:
        RequestError: A gate has no duration, or the circuit cannot be scheduled.
    """
    active = sorted({circuit.find_bit(q).index for item in circuit.data for q in item.qubits})
    pulses = SEQUENCES[sequence]
    made = missing_pulses(sequence, known_gates(durations))
    padding = PadDynamicalDecoupling(
        _with_made(durations, made, active),
        list(pulses),
        qubits=active,
        skip_reset_qubits=skip_reset_qubits,
        pulse_alignment=1 if target is None else target.pulse_alignment,
        extra_slack_distribution=slack,
        # A target would leave qubits alone that lack a pulse which is made of others.
        target=None if made else target,
    )
    schedule = ALAPScheduleAnalysis if scheduling == "alap" else ASAPScheduleAnalysis
    passes = PassManager(
        [TimeUnitConversion(durations, target), schedule(durations, target), padding]
    )
    try:
        return _made_of_frames(passes.run(circuit), made)
    except TranspilerError as error:
        raise RequestError(
            f"dynamical decoupling cannot schedule circuit {circuit.name!r}: {error}; it needs a "
            "circuit in the device's own gates, and the duration of each of them"
        ) from error


def known_gates(durations: InstructionDurations) -> frozenset[str]:
    """Return the names of the gates whose durations are known on some qubit."""
    on_qubits = {name for name, _ in durations.duration_by_name_qubits}
    return frozenset(on_qubits | set(durations.duration_by_name))


def missing_pulses(sequence: str, known: Collection[str]) -> frozenset[str]:
    """Return the pulses of a sequence that a device has to make of its X.

    Args:
        sequence: ``XX``, ``XpXm`` or ``XY4``.
        known: The gates whose durations are known.
    """
    return frozenset(pulse.name for pulse in SEQUENCES[sequence]) - {*FRAME, *known}


def _with_made(
    durations: InstructionDurations, made: Collection[str], qubits: Collection[int]
) -> InstructionDurations:
    """Say that a pulse that is made of an X lasts as long: a turned frame takes no time."""
    if not made:
        return durations
    lasting = [
        (name, [qubit], durations.get("x", [qubit], "dt" if durations.dt else "s"))
        for name in made
        for qubit in qubits
    ]
    units = "dt" if durations.dt else "s"
    extended = InstructionDurations().update(durations, dt=durations.dt)
    return extended.update([(*one, units) for one in lasting], dt=durations.dt)


def _made_of_frames(circuit: QuantumCircuit, made: Collection[str]) -> QuantumCircuit:
    """Write the missing pulses as an X between two turns of the frame."""
    if not made:
        return circuit
    found = circuit.copy_empty_like()
    for item in circuit.data:
        turn = _TURNS.get((item.name, *item.params)) if item.name in made else None
        if turn is None:
            found._append(item)
            continue
        for gate in (RZGate(-turn), XGate(), RZGate(turn)):
            found._append(CircuitInstruction(gate, item.qubits))
    return found
