"""Circuits for operations that have no definition of their own."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.exceptions import QiskitError

from ..errors import CannotCompile
from .gates import CONTROLLED_GATES, ONE_QUBIT_GATES
from .pairs import RULES

_BASIS = sorted({*ONE_QUBIT_GATES, *CONTROLLED_GATES, *RULES} - {"mcx"})


def synthesized(operation: Operation) -> QuantumCircuit:
    """Let Qiskit write an operation in standard gates: Cliffords, annotated operations and so on.

    Args:
        operation: Anything that a circuit may hold.

    Returns:
        A circuit on the operation's qubits.

    Raises:
        CannotCompile: Qiskit does not know how, or the operation is not unitary.
    """
    # The transpiler takes a quarter of a second to import, and few circuits need it.
    from qiskit import transpile
    from qiskit.circuit import ControlFlowOp

    refused = f"the instruction {operation.name!r} is not unitary, or has no definition"
    if operation.num_clbits or isinstance(operation, ControlFlowOp):
        raise CannotCompile(refused)
    circuit = QuantumCircuit(operation.num_qubits)
    circuit.append(operation, circuit.qubits)
    try:
        result = transpile(circuit, basis_gates=_BASIS, optimization_level=0)
    except QiskitError as error:
        raise CannotCompile(refused) from error
    if result.data and result.data[0].name == operation.name:
        raise CannotCompile(refused)
    return result
