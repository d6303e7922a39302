"""Random Pauli frames before measurements, and calibration circuits: circuits with more rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from ..bases import BasisLabel, basis_codes, measured_qubits
from ..observables import FloatArray

FRAME_NAMES = "shoal_frame_x", "shoal_frame_z"
FLIP_NAME = "shoal_flip"


@dataclass(frozen=True, slots=True, eq=False)
class FramedCircuit:
    """A circuit that ends in a Pauli of each row's choice."""

    circuit: QuantumCircuit
    columns: NDArray[np.int64]
    """Of each parameter, in the original circuit's rows followed by the angles of x and of z."""
    qubits: tuple[int, ...]

    def rows(self, parameters: FloatArray, frames: NDArray[np.uint8]) -> FloatArray:
        """Return parameter rows [R, P].

        Args:
            parameters: Of the original circuit [R, P0].
            frames: The Pauli of each qubit [R, n].
        """
        chosen = frames[:, list(self.qubits)]
        # exp(-i pi X / 2) is X up to a phase; Y is X after Z.
        has_x, has_z = np.isin(chosen, (1, 2)) * np.pi, np.isin(chosen, (2, 3)) * np.pi
        return np.concatenate([parameters, has_x, has_z], axis=1)[:, self.columns]


def framed(circuit: QuantumCircuit, qubits: tuple[int, ...]) -> FramedCircuit:
    """Append a Pauli that parameters choose to each of some qubits.

    Args:
        circuit: Without measurements at its end.
        qubits: Those that will be measured.
    """
    extended = circuit.copy()
    vectors = [ParameterVector(name, len(qubits)) for name in FRAME_NAMES]
    for position, qubit in enumerate(qubits):
        extended.rz(vectors[1][position], qubit)
        extended.rx(vectors[0][position], qubit)
    known = [*circuit.parameters, *vectors[0], *vectors[1]]
    column = {parameter: place for place, parameter in enumerate(known)}
    columns = np.array([column[one] for one in extended.parameters], dtype=np.int64)
    return FramedCircuit(extended, columns, qubits)


def random_frames(
    seed: np.random.SeedSequence, rows: int, width: int, qubits: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Draw a uniformly random Pauli for each row and qubit [rows, width]; I on other qubits."""
    frames = np.zeros((rows, width), dtype=np.uint8)
    drawn = np.random.Generator(np.random.Philox(seed)).integers(0, 4, (rows, len(qubits)))
    frames[:, list(qubits)] = drawn
    return frames


def flips_of(frames: NDArray[np.uint8], basis: BasisLabel) -> NDArray[np.bool_]:
    """Return which measured bits a frame flips.

    Args:
        frames: Paulis [R, n].
        basis: The basis measured.

    Returns:
        Flips [R, bits], bit k the basis' k-th measured qubit.
    """
    qubits = list(measured_qubits(basis))
    letters = basis_codes([basis])[0][::-1][qubits]
    chosen = frames[:, qubits]
    return np.asarray((chosen != 0) & (chosen != letters))


def calibration_circuit(width: int, qubits: tuple[int, ...]) -> QuantumCircuit:
    """Return a circuit whose parameters, 0 or pi, say which of some qubits are flipped to 1."""
    circuit = QuantumCircuit(width, name="readout_calibration")
    flips = ParameterVector(FLIP_NAME, len(qubits))
    for position, qubit in enumerate(qubits):
        circuit.rx(flips[position], qubit)
    circuit.barrier(list(qubits))
    return circuit


def z_basis(width: int, qubits: tuple[int, ...]) -> BasisLabel:
    """Return the basis that measures some qubits in Z."""
    chosen = set(qubits)
    return "".join("Z" if qubit in chosen else "I" for qubit in reversed(range(width)))
