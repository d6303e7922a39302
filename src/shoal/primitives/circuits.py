"""The identity of a circuit: a digest of what it does, not of the object that holds it."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    CircuitInstruction,
    ClassicalRegister,
    Clbit,
    Instruction,
    Operation,
    Parameter,
    ParameterExpression,
    SwitchCaseOp,
)
from qiskit.circuit.classical import expr
from qiskit.circuit.library import UCGate
from qiskit.quantum_info import Clifford

CircuitDigest = str
"""SHA-256 of a circuit's canonical text, in hex."""

_PLAIN = ("name", "ctrl_state", "annotations", "unit")
_CLASSICAL = ("condition", "target", "num_qubits", "num_clbits")


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
        yield f"var {variable.name} {variable.type}"
    for instruction in circuit.data:
        operands = [qubits[q] for q in instruction.qubits], [clbits[c] for c in instruction.clbits]
        yield f"{_instruction_text(instruction, clbits)} {operands}"


def _instruction_text(instruction: CircuitInstruction, clbits: Mapping[Clbit, int]) -> str:
    if instruction.is_standard_gate():
        values = ",".join(_value_text(value) for value in instruction.params)
        control = instruction.operation.ctrl_state if instruction.is_controlled_gate() else ""
        return f"{instruction.name}({values}){instruction.label or ''}/{control}"
    return _operation_text(instruction.operation, clbits)


def _operation_text(operation: Operation, clbits: Mapping[Clbit, int]) -> str:
    values = list(getattr(operation, "params", ()))
    parts = [type(operation).__qualname__, *map(str, (getattr(operation, "label", None),))]
    parts += [str(getattr(operation, name, None)) for name in _PLAIN]
    if isinstance(operation, AnnotatedOperation):
        parts += [_operation_text(operation.base_op, clbits), *map(repr, operation.modifiers)]
    parts += [_classical_text(getattr(operation, name, None), clbits) for name in _CLASSICAL]
    if isinstance(operation, SwitchCaseOp):
        parts += [str(labels) for labels, _ in operation.cases_specifier()]
    parts += [_value_text(value) for value in values]
    if isinstance(operation, UCGate):
        parts.append(str(operation.up_to_diagonal))
    # The synthesis of a matrix takes long, and differs in its last digits from time to time.
    if not any(isinstance(value, np.ndarray | QuantumCircuit) for value in values):
        parts += _content_texts(operation)
    return "|".join(parts)


def _content_texts(operation: Operation) -> Iterator[str]:
    """Write what an operation does, where its name and its parameters may not say all of it."""
    definition = getattr(operation, "definition", None)
    if definition is not None:
        yield _value_text(definition)
    elif isinstance(operation, Clifford):
        yield _value_text(operation.tableau)
    elif isinstance(operation, AnnotatedOperation):
        return
    elif not isinstance(operation, Instruction):
        yield hashlib.sha256(pickle.dumps(operation)).hexdigest()
    elif hasattr(operation, "__array__") and not operation.is_parameterized():
        yield _value_text(np.asarray(operation))


def _classical_text(value: Any, clbits: Mapping[Clbit, int]) -> str:
    """Write a condition or target without the addresses of loose bits."""
    if isinstance(value, Clbit):
        return f"bit {clbits.get(value)}"
    if isinstance(value, ClassicalRegister):
        return f"register {value.name}"
    if isinstance(value, tuple):
        return ",".join(_classical_text(part, clbits) for part in value)
    if isinstance(value, expr.Expr):
        return _expression_text(value, clbits)
    return str(value)


def _expression_text(node: expr.Expr, clbits: Mapping[Clbit, int]) -> str:
    match node:
        case expr.Var() if node.standalone:
            words = [node.name]
        case expr.Var():
            words = [_classical_text(node.var, clbits)]
        case expr.Value():
            words = [_value_text(node.value)]
        case expr.Unary() | expr.Cast():
            words = [_expression_text(node.operand, clbits)]
        case expr.Binary():
            words = [_expression_text(side, clbits) for side in (node.left, node.right)]
        case expr.Index():
            words = [_expression_text(part, clbits) for part in (node.target, node.index)]
        case _:
            words = [repr(node)]
    operator = getattr(node, "op", None)
    return f"{type(node).__name__}({getattr(operator, 'name', '')}:{','.join(words)}:{node.type})"


def _value_text(value: Any) -> str:
    if isinstance(value, QuantumCircuit):
        return "{" + ";".join(_circuit_lines(value)) + "}"
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"array{value.shape}{value.dtype}{content}"
    if isinstance(value, float):
        return float(value).hex()
    if isinstance(value, ParameterExpression) and "/-" in str(value):
        # Qiskit writes (a / -b) / c and a / -(b / c) alike: its value somewhere tells which it is.
        somewhere = {one: 0.3 + 0.71 * place for place, one in enumerate(_by_name(value))}
        return f"{value} {complex(value.bind(somewhere).numeric()):.9g}"
    return str(value)


def _by_name(value: ParameterExpression) -> list[Parameter]:
    return sorted(value.parameters, key=lambda parameter: parameter.name)
