"""Dynamical decoupling: refocusing pulses in the idle times of active qubits."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.library import RXGate, XGate, YGate
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
    "XpXm": (RXGate(3.141592653589793), RXGate(-3.141592653589793)),
    "XY4": (XGate(), YGate(), XGate(), YGate()),
}
"""IBM's names."""


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
    schedule = (ALAPScheduleAnalysis if scheduling == "alap" else ASAPScheduleAnalysis)(
        durations, target
    )
    passes = PassManager(
        [
            TimeUnitConversion(durations, target),
            schedule,
            PadDynamicalDecoupling(
                durations,
                list(SEQUENCES[sequence]),
                qubits=active,
                skip_reset_qubits=skip_reset_qubits,
                extra_slack_distribution=slack,
                target=target,
            ),
        ]
    )
    try:
        return passes.run(circuit)
    except TranspilerError as error:
        raise RequestError(
            f"dynamical decoupling cannot schedule circuit {circuit.name!r}: {error}; it needs a "
            "circuit in the device's own gates, and the duration of each of them"
        ) from error
