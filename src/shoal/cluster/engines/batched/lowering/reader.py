"""Walks a circuit, through definitions, down to gates that are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import BoxOp, CircuitInstruction, ControlledGate, Instruction, Operation
from qiskit.circuit.library import PermutationGate, UnitaryGate, get_standard_gate_name_mapping

from ..errors import CannotCompile
from .affine import Affine
from .assembly import Assembly, QubitIndex
from .columns import Columns
from .gates import CONTROLLED_GATES, ONE_QUBIT_GATES, apply_gate
from .pairs import RULES, apply_cu, apply_swap
from .quaternions import of_unitary
from .synthesis import synthesized

MAX_DENSE_QUBITS = 4
"""Unitaries given as a matrix are applied as they are up to this size."""

_IGNORED = frozenset({"barrier", "delay", "id"})
_STANDARD_TYPES = {
    name: type(gate).mro() for name, gate in get_standard_gate_name_mapping().items()
}


class CircuitReader:
    """Feeds the gates of circuits to an assembly."""

    def __init__(self, assembly: Assembly, columns: Columns) -> None:
        """Read into an assembly, angles as affine functions of columns."""
        self._assembly = assembly
        self._columns = columns
        self._touched: set[QubitIndex] = set()

    def read(self, circuit: QuantumCircuit, qubits: Sequence[QubitIndex]) -> None:
        """Append a circuit's gates.

        Args:
            circuit: The circuit, or the definition of a gate.
            qubits: Where its qubits are.

        Raises:
            CannotCompile: An instruction is not a unitary that can be written down.
        """
        if circuit.global_phase != 0:
            self._assembly.global_phase += self._columns.read(circuit.global_phase)
        place = dict(zip(circuit.qubits, qubits, strict=True))
        for instruction in circuit.data:
            self._read_instruction(instruction, [place[qubit] for qubit in instruction.qubits])

    def _read_instruction(
        self, instruction: CircuitInstruction, qubits: Sequence[QubitIndex]
    ) -> None:
        name = instruction.name
        if name in _IGNORED:
            return
        if name == "reset" and self._touched.isdisjoint(qubits):
            return
        if instruction.is_standard_gate() and self._apply_standard(
            name, instruction.params, qubits
        ):
            self._touched.update(qubits)
            return
        if instruction.clbits or name in ("reset", "measure"):
            raise CannotCompile(f"the instruction {name!r} is not unitary")
        self._apply_operation(instruction.operation, qubits)
        self._touched.update(qubits)

    def _apply_standard(
        self, name: str, params: Sequence[Any], qubits: Sequence[QubitIndex]
    ) -> bool:
        """Apply a standard gate; return False where only its definition can tell what it is."""
        angles = [self._columns.read(param) for param in params]
        if name in ONE_QUBIT_GATES:
            apply_gate(self._assembly, name, angles, qubits[0])
        elif name in CONTROLLED_GATES:
            base, _ = CONTROLLED_GATES[name]
            controls = [(qubit, 1) for qubit in qubits[:-1]]
            apply_gate(self._assembly, base, angles, qubits[-1], controls)
        elif name in RULES:
            RULES[name](self._assembly, qubits, angles)
        elif name == "global_phase":
            self._assembly.global_phase += angles[0]
        else:
            return False
        return True

    def _apply_operation(self, operation: Operation, qubits: Sequence[QubitIndex]) -> None:
        if isinstance(operation, ControlledGate) and self._apply_controlled(operation, qubits):
            return
        if isinstance(operation, BoxOp):
            self.read(operation.body, qubits)
        elif isinstance(operation, PermutationGate):
            self._assembly.permute(qubits, [int(place) for place in operation.pattern])
        elif isinstance(operation, UnitaryGate) and len(qubits) <= MAX_DENSE_QUBITS:
            self._apply_matrix(np.asarray(operation.to_matrix()), qubits)
        else:
            self._apply_definition(operation, qubits)

    def _apply_definition(self, operation: Operation, qubits: Sequence[QubitIndex]) -> None:
        definition = operation.definition if isinstance(operation, Instruction) else None
        if definition is not None:
            self.read(definition, qubits)
        elif hasattr(operation, "__array__") and len(qubits) <= MAX_DENSE_QUBITS:
            self._apply_matrix(np.asarray(operation), qubits)
        else:
            self.read(synthesized(operation), qubits)

    def _apply_controlled(self, gate: ControlledGate, qubits: Sequence[QubitIndex]) -> bool:
        """Apply a gate with any number of open and closed controls, if its base is known."""
        split = gate.num_ctrl_qubits
        values = [(gate.ctrl_state >> place) & 1 for place in range(split)]
        controls = list(zip(qubits[:split], values, strict=True))
        base = gate.base_gate
        if base.name == "unitary" and base.num_qubits == 1:
            quaternion, phase = of_unitary(np.asarray(base.to_matrix(), dtype=np.complex128))
            self._assembly.rotate(qubits[-1], (quaternion,), controls)
            self._assembly.phase(controls, Affine(phase))
            return True
        if type(base) not in _STANDARD_TYPES.get(base.name, ()):
            return False
        angles = [self._columns.read(param) for param in gate.params]
        if base.name == "swap":
            apply_swap(self._assembly, qubits[split:], controls)
        elif base.name == "u" and len(angles) == 4:
            apply_cu(self._assembly, qubits[-1], angles, controls)
        elif base.name in ONE_QUBIT_GATES and gate.num_qubits == split + 1:
            apply_gate(self._assembly, base.name, angles, qubits[-1], controls)
        else:
            return False
        return True

    def _apply_matrix(self, matrix: np.ndarray[Any, Any], qubits: Sequence[QubitIndex]) -> None:
        if len(qubits) == 1:
            quaternion, phase = of_unitary(matrix.astype(np.complex128))
            self._assembly.rotate(qubits[0], (quaternion,))
            self._assembly.global_phase += Affine(phase)
        else:
            self._assembly.map(qubits, matrix.astype(np.complex128))
