"""The identity of a circuit: a digest of what it does, not of the object that holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Operation

CircuitDigest = str
"""SHA-256 of a circuit's canonical text, in hex."""


def circuit_digest(circuit: QuantumCircuit) -> CircuitDigest:
    """Return a digest that two circuits share when they ask for the same instructions.

    Names, labels, parameters, operands, definitions of custom gates, classical registers and the
    global phase count; the circuit's name, metadata and the identity of Python objects do not.

    Args:
        circuit: Any circuit, parametrised or not.

    Returns:
        64 hexadecimal digits, equal in every process and on every machine.
    """
    text = "\n".join(_circuit_lines(circuit))
    return hashlib.sha256(text.encode()).hexdigest()


def _circuit_lines(circuit: QuantumCircuit) -> Iterator[str]:
    qubits = {qubit: position for position, qubit in enumerate(circuit.qubits)}
    clbits = {clbit: position for position, clbit in enumerate(circuit.clbits)}
    yield f"circuit {len(qubits)} {len(clbits)} phase {_value_text(circuit.global_phase)}"
    yield f"parameters {[parameter.name for parameter in circuit.parameters]}"
    for register in circuit.cregs:
        yield f"creg {register.name} {[clbits[bit] for bit in register]}"
    for variable in circuit.iter_vars():
        yield f"var {variable!r}"
    for instruction in circuit.data:
        operands = [qubits[q] for q in instruction.qubits], [clbits[c] for c in instruction.clbits]
        yield f"{_instruction_text(instruction)} {operands}"


def _instruction_text(instruction: CircuitInstruction) -> str:
    if instruction.is_standard_gate():
        values = ",".join(_value_text(value) for value in instruction.params)
        control = instruction.operation.ctrl_state if instruction.is_controlled_gate() else ""
        return f"{instruction.name}({values}){instruction.label or ''}/{control}"
    return _operation_text(instruction.operation)


def _operation_text(operation: Operation) -> str:
    parts = [
        type(operation).__qualname__,
        operation.name,
        str(getattr(operation, "label", None) or ""),
    ]
    for attribute in (
        "ctrl_state",
        "condition",
        "target",
        "num_qubits",
        "num_clbits",
        "annotations",
    ):
        parts.append(repr(getattr(operation, attribute, None)))
    values = list(getattr(operation, "params", ()))
    parts += [_value_text(value) for value in values]
    if not any(isinstance(value, np.ndarray | QuantumCircuit) for value in values):
        definition = getattr(operation, "definition", None)
        if definition is not None:
            parts.append(_value_text(definition))
    return "|".join(parts)


def _value_text(value: Any) -> str:
    if isinstance(value, QuantumCircuit):
        return "{" + ";".join(_circuit_lines(value)) + "}"
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"array{value.shape}{value.dtype}{content}"
    if isinstance(value, float):
        return float(value).hex()
    return str(value)
