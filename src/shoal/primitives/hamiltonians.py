"""Evolution under a Hamiltonian that is given as a matrix, for a time that is not known yet."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.library import HamiltonianGate, UnitaryGate


def evolution(gate: HamiltonianGate) -> Gate:
    """Write exp(-i t H) in gates that may be bound later.

    With H = V D V^dagger it is V exp(-i t D) V^dagger. A diagonal D is a sum of products of Z,
    whose weights are its Walsh transform, and which commute.

    Args:
        gate: On n qubits, its time an expression.

    Returns:
        A gate on as many qubits, of 2^n - 1 rotations between two matrices.
    """
    matrix, time = gate.params
    energies, vectors = np.linalg.eigh(np.asarray(matrix, dtype=np.complex128))
    width = gate.num_qubits
    weights = _walsh(energies)
    body = QuantumCircuit(width, name="hamiltonian", global_phase=-time * float(weights[0]))
    body.append(UnitaryGate(vectors.conj().T, check_input=False), range(width))
    for mask in range(1, 1 << width):
        _turn(body, [q for q in range(width) if mask >> q & 1], 2.0 * float(weights[mask]) * time)
    body.append(UnitaryGate(vectors, check_input=False), range(width))
    return body.to_gate(label=gate.label)


def _walsh(values: np.ndarray) -> np.ndarray:
    """Return the weight of each product of Z, by the mask of its qubits."""
    found = np.array(values, dtype=np.float64)
    half = 1
    while half < found.size:
        pairs = found.reshape(-1, 2, half)
        found = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        half *= 2
    return found / found.size


def _turn(circuit: QuantumCircuit, qubits: list[int], angle: object) -> None:
    """Append a rotation about the product of Z on some qubits."""
    last = qubits[-1]
    for qubit in qubits[:-1]:
        circuit.cx(qubit, last)
    circuit.rz(angle, last)
    for qubit in reversed(qubits[:-1]):
        circuit.cx(qubit, last)
