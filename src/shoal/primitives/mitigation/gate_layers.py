"""A circuit's layers of two-qubit gates, and which qubits belong to each."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp
from qiskit.exceptions import QiskitError

from ..errors import RequestError
from .gate_groups import twirling_group


@dataclass(frozen=True, slots=True, eq=False)
class GateLayer:
    """Two-qubit gates that run at the same time."""

    before: list[CircuitInstruction]
    """What comes before the layer and is not twirled."""
    gates: list[CircuitInstruction]


def gate_layers(circuit: QuantumCircuit) -> list[GateLayer]:
    """Group two-qubit gates into layers, each as early as its bits and barriers allow.

    Args:
        circuit: Any circuit; its last layer may have no gates.

    Raises:
        RequestError: It has what no layer can hold, or a gate that turns no Pauli into a Pauli.
    """
    depth: dict[object, int] = {}
    levels = [GateLayer([], [])]
    for item in circuit.data:
        bits = [*item.qubits, *item.clbits]
        level = max((depth.get(bit, 0) for bit in bits), default=0)
        is_gate = _is_twirled(circuit, item)
        if level + is_gate == len(levels):
            levels.append(GateLayer([], []))
        (levels[level].gates if is_gate else levels[level].before).append(item)
        depth |= dict.fromkeys(bits, level + is_gate)
    return levels


def _is_twirled(circuit: QuantumCircuit, item: CircuitInstruction) -> bool:
    is_wide = len(item.qubits) > 2 and item.name != "barrier"
    if is_wide or isinstance(item.operation, ControlFlowOp) or item.name == "store":
        raise _refusal(circuit, f"it has {item.name!r}")
    try:
        group = twirling_group(item.operation)
    except QiskitError as error:
        raise _refusal(circuit, f"{item.name!r} has no definition") from error
    if group is not None and len(group[0]) == 1:
        raise _refusal(circuit, f"{item.name!r} turns no Pauli into a Pauli")
    return group is not None


def _refusal(circuit: QuantumCircuit, why: str) -> RequestError:
    return RequestError(
        f"circuit {circuit.name!r} cannot be twirled: {why}. Twirling takes gates on one and two "
        "qubits, without control flow: transpile the circuit to such gates, or switch "
        "twirling.enable_gates off"
    )


def qubits_of_layers(circuit: QuantumCircuit, strategy: str) -> list[frozenset[int]]:
    """Return the qubits of each layer.

    Args:
        circuit: The circuit that was cut into `gate_layers`.
        strategy: IBM's name: ``active`` are those with a gate in the layer, ``active-accum`` those
            with a gate in it or before, ``active-circuit`` those with any gate, ``all`` all.
    """
    touched = [
        frozenset(qubit for item in layer.gates for qubit in qubits_of(circuit, item))
        for layer in gate_layers(circuit)
    ]
    anywhere = frozenset[int]().union(*touched)
    match strategy:
        case "active":
            return touched
        case "active-accum":
            return [frozenset[int]().union(*touched[: n + 1]) for n in range(len(touched))]
        case "active-circuit":
            return [anywhere] * len(touched)
    return [frozenset(range(circuit.num_qubits))] * len(touched)


def qubits_of(circuit: QuantumCircuit, item: CircuitInstruction) -> list[int]:
    """Return the positions of an instruction's qubits, in its order."""
    return [circuit.find_bit(qubit).index for qubit in item.qubits]
