"""Which qubit each classical bit of a circuit holds in the end."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, IfElseOp, Store, SwitchCaseOp, WhileLoopOp

from ..errors import RequestError

HARMLESS = frozenset({"barrier", "delay"})
"""What may follow a measurement: schedules end with it."""


def qubits_of_clbits(circuit: QuantumCircuit) -> dict[int, int]:
    """Return the qubit of each classical bit that is measured.

    Args:
        circuit: A sampler's circuit.

    Returns:
        Positions of qubits by positions of classical bits; bits that are never written are absent.

    Raises:
        RequestError: The circuit goes on after a measurement, or measures inside of control flow:
            calibrations read at a circuit's end do not hold there.
    """
    found: dict[int, int] = {}
    for item in circuit.data:
        qubits = [circuit.find_bit(qubit).index for qubit in item.qubits]
        if item.name in HARMLESS:
            continue
        if isinstance(item.operation, ControlFlowOp):
            raise _refusal(circuit, f"has {item.name!r}")
        if item.name == "measure":
            found[circuit.find_bit(item.clbits[0]).index] = qubits[0]
            continue
        if item.clbits:
            raise _refusal(circuit, f"measures inside of {item.name!r}")
        if reused := set(qubits) & set(found.values()):
            raise _refusal(circuit, f"goes on with qubit {min(reused)} after measuring it")
    return found


def refuse_deciding_bits(circuit: QuantumCircuit) -> None:
    """Refuse an estimator's circuit in which measured bits decide what runs.

    They are misread as those at the end are, but no mean over shots undoes that.

    Raises:
        RequestError: Names the instruction.
    """
    for item in circuit.data:
        for block in getattr(item.operation, "blocks", ()):
            refuse_deciding_bits(block)
        if isinstance(item.operation, IfElseOp | SwitchCaseOp | WhileLoopOp | Store):
            raise RequestError(
                f"readout mitigation cannot treat circuit {circuit.name!r}, which has "
                f"{item.name!r}: bits that decide what runs are misread, and that is not undone; "
                "switch resilience.measure_mitigation off (twirling.enable_measure may stay)"
            )


def _refusal(circuit: QuantumCircuit, what: str) -> RequestError:
    return RequestError(
        f"readout mitigation cannot treat circuit {circuit.name!r}, which {what}: measure at the "
        "end only, or switch resilience.measure_mitigation off"
    )
