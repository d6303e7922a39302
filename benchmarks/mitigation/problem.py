"""What both sides are asked: circuits, observables, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer.noise import NoiseModel, ReadoutError, pauli_error

CASES = ("6:1", "6:2", "8:1", "8:2", "10:1", "10:2", "10:1:all", "10:2:all")


@dataclass(frozen=True)
class Case:
    """One row of the comparison."""

    qubits: int
    level: int
    is_wide: bool
    """Whether the observables are on all qubits, else on the first three."""

    @classmethod
    def of(cls, name: str) -> Case:
        """Read ``qubits:level`` or ``qubits:level:all``."""
        qubits, level, *reach = name.split(":")
        if reach not in ([], ["all"]):
            raise ValueError(f"case {name!r}: expected qubits:level or qubits:level:all")
        return cls(int(qubits), int(level), bool(reach))


def problem(
    width: int, layers: int = 3, *, is_wide: bool = False
) -> tuple[QuantumCircuit, list[SparsePauliOp]]:
    """Return a line of CZ gates and rotations, and the observables that are asked of it."""
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.rz(0.3 + 0.1 * layer + 0.05 * qubit, qubit)
            circuit.sx(qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cz(qubit, qubit + 1)
    if is_wide:
        return circuit, [SparsePauliOp((pair * width)[:width]) for pair in ("ZZ", "XX", "YX")]
    labels = ["I" * (width - k - 1) + "Z" + "I" * k for k in range(3)]
    labels += ["I" * (width - 2) + pair for pair in ("ZZ", "XX", "YX")]
    return circuit, [SparsePauliOp(label) for label in labels]


def truth(case: Case) -> NDArray[np.float64]:
    """Return the noiseless values of the observables."""
    circuit, observables = problem(case.qubits, is_wide=case.is_wide)
    state = Statevector(circuit)
    return np.array([state.expectation_value(one).real for one in observables])


def noise() -> NoiseModel:
    """Return Pauli noise of 1 % after each CZ, and readout errors of 2 % and 5 %."""
    model = NoiseModel(basis_gates=["rz", "sx", "x", "cz", "id"])
    channel = pauli_error([("II", 0.99), ("XI", 0.003), ("IZ", 0.004), ("YY", 0.003)])
    model.add_all_qubit_quantum_error(channel, ["cz"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    return model
