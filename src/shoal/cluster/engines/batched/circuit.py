"""Circuits, compiled once and evaluated at any rows of parameters."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit

from .lowering.affine import Affine
from .lowering.assembly import Assembly
from .lowering.columns import Columns
from .lowering.frame import Frame
from .lowering.operations import Operation
from .lowering.reader import CircuitReader


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCircuit:
    """A circuit as operations on the bits of an amplitude's index."""

    num_qubits: int
    num_parameters: int
    operations: tuple[Operation, ...]
    frame: Frame
    """Where the qubits are after the operations."""
    columns: Columns
    """What angles are affine in."""
    global_phase: Affine


def compile_circuit(circuit: QuantumCircuit) -> CompiledCircuit:
    """Translate a circuit, parameters unbound.

    Args:
        circuit: Any unitary circuit; resets are taken where they come first on their qubits.

    Returns:
        The compiled circuit: keep it, it serves every row of parameters and everything read.

    Raises:
        CannotCompile: The circuit holds an instruction that is not unitary; the message names it.
    """
    assembly = Assembly(circuit.num_qubits)
    columns = Columns(circuit.parameters)
    CircuitReader(assembly, columns).read(circuit, range(circuit.num_qubits))
    return CompiledCircuit(
        num_qubits=circuit.num_qubits,
        num_parameters=circuit.num_parameters,
        operations=tuple(assembly.fused.operations),
        frame=assembly.frame,
        columns=columns,
        global_phase=assembly.global_phase,
    )
