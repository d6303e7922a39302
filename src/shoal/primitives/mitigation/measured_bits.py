"""Which qubit each classical bit of a circuit holds in the end."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp

from ..errors import RequestError


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
        if item.name == "barrier":
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


def _refusal(circuit: QuantumCircuit, what: str) -> RequestError:
    return RequestError(
        f"readout mitigation cannot treat circuit {circuit.name!r}, which {what}: measure at the "
        "end only, or switch resilience.measure_mitigation off"
    )
