"""Circuits whose instructions are what their names say, so that no reader of names is misled.

A circuit made into a gate bears the circuit's name, which may be `h`, `delay` or `measure`. Where
it is asked for it gets another one, once, before engines, queues and noise models go by names.
"""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, ControlFlowOp, Gate, Instruction, Operation
from qiskit.circuit.library import HamiltonianGate

from .gate_names import is_named_rightly
from .hamiltonians import evolution


def canonical(circuit: QuantumCircuit) -> QuantumCircuit:
    """Give what bears a misleading name another one, and write out what cannot be defined unbound.

    Args:
        circuit: Any circuit; it is not changed.

    Returns:
        The circuit itself where there is nothing to do.
    """
    found, is_new = [], False
    for one in circuit.data:
        if not one.is_standard_gate():
            operation = one.operation
            new = _canonical(operation)
            if new is not operation:
                one, is_new = one.replace(operation=new), True
        found.append(one)
    if not is_new:
        return circuit
    target = circuit.copy_empty_like()
    for one in found:
        target.append(one)
    return target


def _canonical(operation: Operation) -> Operation:
    if isinstance(operation, AnnotatedOperation):
        base = _canonical(operation.base_op)
        return operation if base is operation.base_op else _annotated(operation, base)
    if isinstance(operation, ControlFlowOp):
        blocks = [canonical(block) for block in operation.blocks]
        is_new = any(new is not old for new, old in zip(blocks, operation.blocks, strict=True))
        return operation.replace_blocks(blocks) if is_new else operation
    if isinstance(operation, HamiltonianGate) and operation.is_parameterized():
        return evolution(operation)
    if not isinstance(operation, Instruction):
        return operation
    return _with_definition(operation)


def _with_definition(operation: Instruction) -> Instruction:
    is_right = is_named_rightly(operation)
    if is_right and not _may_hold_others(operation):
        return operation
    definition = operation.definition
    body = None if definition is None else canonical(definition)
    if body is None or (is_right and body is definition):
        return operation
    name = operation.name if is_right else f"own_{operation.name}"
    params = list(body.parameters)
    renamed: Instruction
    if isinstance(operation, Gate):
        renamed = Gate(name, operation.num_qubits, params, label=operation.label)
    else:
        size = operation.num_qubits, operation.num_clbits
        renamed = Instruction(name, *size, params, label=operation.label)
    renamed.definition = body
    return renamed


def _may_hold_others(operation: Instruction) -> bool:
    """Whether a definition was written by a user; Qiskit's own hold nothing misleading."""
    kind = type(operation)
    # Qiskit's classes of gates without parameters say no module.
    module = kind.__module__ or "qiskit."
    return kind in (Gate, Instruction) or not module.startswith(("qiskit.", "qiskit_aer."))


def _annotated(operation: AnnotatedOperation, base: Operation) -> AnnotatedOperation:
    return AnnotatedOperation(base, operation.modifiers)
