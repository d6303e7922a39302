"""Random Pauli frames before measurements, and calibration circuits: circuits with more rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector, Qubit
from qiskit.circuit.library import RXGate, RZGate

from ..bases import BasisLabel, basis_codes, measured_qubits
from ..noise import IDEAL_LABEL
from ..observables import FloatArray

PauliCodes = NDArray[np.uint8]
"""0, 1, 2, 3 for I, X, Y, Z."""

FRAME_NAMES = "shoal_frame_x", "shoal_frame_z"
FLIP_NAME = "shoal_flip"


@dataclass(frozen=True, slots=True, eq=False)
class FramedCircuit:
    """A circuit that ends in a Pauli of each row's choice."""

    circuit: QuantumCircuit
    columns: NDArray[np.int64]
    """Of each parameter, in the original circuit's rows followed by the angles of x and of z."""
    qubits: tuple[int, ...]

    def rows(self, parameters: FloatArray, frames: PauliCodes) -> FloatArray:
        """Return parameter rows [R, P].

        Args:
            parameters: Of the original circuit [R, P0].
            frames: The Pauli of each qubit [R, n].
        """
        angles = frame_angles(frames[:, list(self.qubits)])
        return np.concatenate([parameters, *angles], axis=1)[:, self.columns]


def append_frame(
    circuit: QuantumCircuit, x_angle: Parameter, z_angle: Parameter, qubit: int | Qubit
) -> None:
    """Append a Pauli that two angles choose, 0 or pi; simulators let no noise follow it."""
    circuit.append(RZGate(z_angle, label=IDEAL_LABEL), [qubit])
    circuit.append(RXGate(x_angle, label=IDEAL_LABEL), [qubit])


def frame_angles(frames: PauliCodes) -> tuple[FloatArray, FloatArray]:
    """Return the angles of x and of z that make Paulis, in the frames' shape.

    exp(-i pi X / 2) is X up to a phase; Y is X after Z.
    """
    return np.where(has_x(frames), np.pi, 0.0), np.where(np.isin(frames, (2, 3)), np.pi, 0.0)


def has_x(frames: PauliCodes) -> NDArray[np.bool_]:
    """Tell which Paulis flip a bit that is read in Z."""
    return np.isin(frames, (1, 2))


def framed(circuit: QuantumCircuit, qubits: tuple[int, ...]) -> FramedCircuit:
    """Append a Pauli that parameters choose to each of some qubits.

    Args:
        circuit: Without measurements at its end.
        qubits: Those that will be measured.
    """
    extended = circuit.copy()
    vectors = [ParameterVector(name, len(qubits)) for name in FRAME_NAMES]
    for position, qubit in enumerate(qubits):
        append_frame(extended, vectors[0][position], vectors[1][position], qubit)
    known = [*circuit.parameters, *vectors[0], *vectors[1]]
    column = {parameter: place for place, parameter in enumerate(known)}
    columns = np.array([column[one] for one in extended.parameters], dtype=np.int64)
    return FramedCircuit(extended, columns, qubits)


def random_frames(
    seed: np.random.SeedSequence, rows: int, places: tuple[int, ...], width: int | None = None
) -> PauliCodes:
    """Draw a uniformly random Pauli for each row and place [rows, width]; I at other places.

    Args:
        seed: Of the program.
        rows: How many.
        places: Qubits, or measurements.
        width: One past the last possible place; ``None``: there are no others.
    """
    frames = np.zeros((rows, len(places) if width is None else width), dtype=np.uint8)
    drawn = np.random.Generator(np.random.Philox(seed)).integers(0, 4, (rows, len(places)))
    frames[:, list(places)] = drawn
    return frames


def flips_of(frames: PauliCodes, basis: BasisLabel) -> NDArray[np.bool_]:
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
        circuit.append(RXGate(flips[position], label=IDEAL_LABEL), [qubit])
    circuit.barrier(list(qubits))
    return circuit


def z_basis(width: int, qubits: tuple[int, ...]) -> BasisLabel:
    """Return the basis that measures some qubits in Z."""
    chosen = set(qubits)
    return "".join("Z" if qubit in chosen else "I" for qubit in reversed(range(width)))
