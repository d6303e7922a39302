"""Circuits without boxes and without instructions that hide measurements or resets."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Gate, Operation

PLAIN = frozenset(
    {
        "barrier",
        "break_loop",
        "continue_loop",
        "delay",
        "initialize",
        "kraus",
        "measure",
        "quantum_channel",
        "reset",
        "roerror",
        "store",
        "superop",
    }
)
"""Instructions that are no gates and hide nothing."""


def flattened(circuit: QuantumCircuit) -> QuantumCircuit:
    """Inline the boxes and the composite instructions of a circuit; gates stay as they are.

    What only saves a simulator's state is left out.

    Args:
        circuit: Any circuit.
    """
    if all(_is_flat(one.operation) for one in circuit.data):
        return circuit
    target = circuit.copy_empty_like()
    for one in circuit.data:
        operation = one.operation
        if _is_flat(operation):
            target.append(one)
            continue
        if operation.name.startswith("save_"):
            continue
        if operation.name != "box" and isinstance(operation, ControlFlowOp):
            blocks = [flattened(block) for block in operation.blocks]
            target.append(operation.replace_blocks(blocks), one.qubits, one.clbits)
            continue
        body = operation.blocks[0] if operation.name == "box" else operation.definition
        target.compose(flattened(body), one.qubits, one.clbits, inplace=True, copy=False)
    return target


def _is_flat(operation: Operation) -> bool:
    if operation.name in PLAIN or isinstance(operation, Gate):
        return True
    if operation.name.startswith("save_") or isinstance(operation, ControlFlowOp):
        return False
    return getattr(operation, "definition", None) is None
