"""Random Paulis before the measurements of a sampler's circuit, and what undoes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    Clbit,
    ControlFlowOp,
    Parameter,
    ParameterVector,
    Qubit,
)
from qiskit.circuit.library import RXGate

from ..errors import RequestError
from ..masks import pack_bits
from ..noise import IDEAL_LABEL
from ..observables import FloatArray
from ..outcomes import PackedBits, RegisterName
from .frames import FRAME_NAMES, PauliCodes, append_frame, frame_angles, has_x


@dataclass(frozen=True, slots=True, eq=False)
class FramedMeasurements:
    """A circuit in which a Pauli of each row's choice comes before each measurement."""

    circuit: QuantumCircuit
    columns: NDArray[np.int64]
    """Of each parameter, in the original circuit's rows followed by the angles of x and of z."""
    clbits: tuple[Clbit, ...]
    """What each measurement writes, in the order of the circuit."""

    @property
    def num_measurements(self) -> int:
        """How many there are."""
        return len(self.clbits)

    def rows(self, parameters: FloatArray, frames: PauliCodes) -> FloatArray:
        """Return parameter rows [R, P].

        Args:
            parameters: Of the original circuit [R, P0].
            frames: The Pauli before each measurement [R, M].
        """
        return np.concatenate([parameters, *frame_angles(frames)], axis=1)[:, self.columns]

    def flips(self, frames: PauliCodes) -> Mapping[RegisterName, PackedBits]:
        """Return what to XOR to each register's bits.

        Args:
            frames: The Pauli before each measurement [R, M].
        """
        flipped = has_x(frames)
        last = {clbit: number for number, clbit in enumerate(self.clbits)}
        found = {}
        for register in self.circuit.cregs:
            bits = np.zeros((len(frames), register.size), dtype=np.bool_)
            for place, clbit in enumerate(register):
                if clbit in last:
                    bits[:, place] = flipped[:, last[clbit]]
            found[register.name] = pack_bits(bits)
        return found


def framed_measurements(circuit: QuantumCircuit) -> FramedMeasurements:
    """Put a Pauli that parameters choose before each measurement.

    A qubit that goes on after its measurement is flipped back.

    Args:
        circuit: A sampler's circuit.

    Raises:
        RequestError: What is measured is used while the circuit runs, and would be used flipped.
    """
    count = sum(item.name == "measure" for item in circuit.data)
    vectors = [ParameterVector(name, count) for name in FRAME_NAMES]
    goes_on = _goes_on(circuit)
    extended = circuit.copy_empty_like()
    clbits: list[Clbit] = []
    for place, item in enumerate(circuit.data):
        if item.name != "measure":
            _refuse_use_of_bits(circuit, item)
            extended.append(item)
            continue
        x, z = (vector[len(clbits)] for vector in vectors)
        append_frame(extended, x, z, item.qubits[0])
        extended.append(item)
        if place in goes_on:
            extended.append(RXGate(x, label=IDEAL_LABEL), item.qubits)
        clbits.append(item.clbits[0])
    known: list[Parameter] = [*circuit.parameters, *vectors[0], *vectors[1]]
    column = {parameter: place for place, parameter in enumerate(known)}
    columns = np.array([column[one] for one in extended.parameters], dtype=np.int64)
    return FramedMeasurements(extended, columns, tuple(clbits))


def _goes_on(circuit: QuantumCircuit) -> set[int]:
    """Find the measurements after which something happens to the qubit that needs its state."""
    found: set[int] = set()
    followed_by: dict[Qubit, str] = {}
    for place in range(len(circuit.data) - 1, -1, -1):
        item = circuit.data[place]
        if item.name == "barrier":
            continue
        if item.name == "measure" and followed_by.get(item.qubits[0], "reset") != "reset":
            found.add(place)
        followed_by |= dict.fromkeys(item.qubits, item.name)
    return found


def _refuse_use_of_bits(circuit: QuantumCircuit, item: CircuitInstruction) -> None:
    is_dynamic = isinstance(item.operation, ControlFlowOp) or item.name == "store"
    if is_dynamic or (item.clbits and item.name != "barrier"):
        raise RequestError(
            f"twirled measurements cannot treat circuit {circuit.name!r}, which has {item.name!r}: "
            "what it does with measured bits would see them flipped; measure without it, or switch "
            "twirling.enable_measure off"
        )
