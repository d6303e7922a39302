"""Pauli frames, taken out of circuits: what they do is done to what is read.

A twirled circuit differs from row to row in Paulis only, which cancel but for those before the
measurement. A Pauli goes through a Clifford gate and becomes another one, it goes through Pauli
noise as if that were not there, and it turns the sense of a rotation that it anticommutes with. So
all rows whose rotations then are the same have one state, up to a Pauli at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ....primitives.observables import FloatArray
from ....primitives.workload import IntArray
from .circuit import Local, Pair, PairTurn, PauliCircuit, Turn
from .transfer import TransferMatrix

BITS = np.array([0, 1, 3, 2], dtype=np.int64)
"""I, X, Y, Z as bits whose XOR is the product: 1 is X, 2 is Z."""

_BITS_OF_AXIS = BITS[1:]
_STUCK = -1

FrameBits = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Unframed:
    """Rows of a circuit without its frames, and the Paulis that are left at the end."""

    angles: FloatArray
    """Of all turns [R, K]; 0 of frames, and of what is outside of the light cone."""
    frames: FrameBits
    """The bits of each qubit's Pauli at the end [n, R]."""
    is_free: NDArray[np.bool_]
    """Which rows [R] this could be done for; the others must be run as they are."""

    def signs(self, wanted: IntArray) -> FloatArray:
        """Return by what the frames at the end multiply Pauli products [R, W].

        Args:
            wanted: Products [W] as numbers of base 4 (I, X, Y, Z), qubit 0 the lowest digit.
        """
        odd = np.zeros((self.frames.shape[1], wanted.size), dtype=np.bool_)
        for qubit, bits in enumerate(self.frames):
            pauli = BITS[wanted >> 2 * qubit & 3]
            odd ^= _ANTICOMMUTES[bits[:, None], pauli[None, :]]
        return np.where(odd, -1.0, 1.0)

    @property
    def states(self) -> tuple[FloatArray, IntArray]:
        """The different rows among the free ones, and which of them each of these is."""
        free = np.ascontiguousarray(self.angles[self.is_free])
        as_bytes = free.view(f"V{free.itemsize * free.shape[1]}").reshape(-1)
        _, first, place = np.unique(as_bytes, return_index=True, return_inverse=True)
        return free[first], place


_ANTICOMMUTES = np.array([[bool(a and b and a != b) for b in range(4)] for a in range(4)])


def without_frames(circuit: PauliCircuit, angles: FloatArray) -> Unframed:
    """Take the frames out of rows, each by itself.

    Args:
        circuit: With its frames.
        angles: Of all turns [R, K].
    """
    walk = _Walk(circuit.num_qubits, angles)
    for operation in circuit.operations:
        match operation:
            case Local():
                for factor in operation.factors:
                    if isinstance(factor, Turn):
                        walk.turn(operation.qubit, factor)
                    else:
                        walk.pass_local(operation.qubit, factor)
            case Pair():
                walk.pass_pair(operation)
            case PairTurn():
                walk.turn_pair(operation)
    return Unframed(walk.turned(), walk.frames, walk.is_free)


class _Walk:
    """Goes through a circuit, all rows at once, with the Pauli that each has at each qubit."""

    def __init__(self, num_qubits: int, angles: FloatArray) -> None:
        self.angles = angles.T.copy()
        self.is_turned = np.zeros(angles.shape[1], dtype=np.bool_)
        self.frames = np.zeros((num_qubits, angles.shape[0]), dtype=np.int64)
        self.is_free = np.ones(angles.shape[0], dtype=np.bool_)

    def turn(self, qubit: int, turn: Turn) -> None:
        angle, bits = self.angles[turn.slot], _BITS_OF_AXIS[turn.axis]
        if turn.is_frame:
            is_pauli = angle == np.pi
            self.is_free &= is_pauli | (angle == 0)
            self.frames[qubit] ^= np.where(is_pauli, bits, 0)
        else:
            angle[_ANTICOMMUTES[self.frames[qubit], bits]] *= -1.0
            self.is_turned[turn.slot] = True

    def turn_pair(self, turn: PairTurn) -> None:
        odd = np.zeros_like(self.is_free)
        for qubit, pauli in zip((turn.low, turn.high), turn.paulis, strict=True):
            odd ^= _ANTICOMMUTES[self.frames[qubit], BITS[pauli]]
        self.angles[turn.slot][odd] *= -1.0
        self.is_turned[turn.slot] = True

    def turned(self) -> FloatArray:
        """Return the angles [R, K]; 0 where nothing is turned by them any more.

        There are no negative zeros: equal rows are to have equal bytes.
        """
        return np.where(self.is_turned, self.angles.T, 0.0) + 0.0

    def pass_local(self, qubit: int, matrix: TransferMatrix) -> None:
        behind = _behind(matrix.tobytes(), 1)[self.frames[qubit]]
        self.is_free &= behind != _STUCK
        self.frames[qubit] = np.where(behind == _STUCK, 0, behind)

    def pass_pair(self, pair: Pair) -> None:
        before = self.frames[pair.low] | self.frames[pair.high] << 2
        behind = _behind(pair.matrix.tobytes(), 2)[before]
        self.is_free &= behind != _STUCK
        behind = np.where(behind == _STUCK, 0, behind)
        self.frames[pair.low], self.frames[pair.high] = behind & 3, behind >> 2


@cache
def _signs(num_qubits: int) -> FloatArray:
    """Return by what each frame multiplies each component [4**k, 4**k]."""
    one: FloatArray = np.where(_ANTICOMMUTES[:, BITS], -1.0, 1.0)
    return one if num_qubits == 1 else np.asarray(np.kron(one, one))


@lru_cache(1024)
def _behind(matrix: bytes, num_qubits: int) -> FrameBits:
    """Return what each frame before a channel is behind it [4**k]; `_STUCK` where it is none.

    Args:
        matrix: The channel's transfer matrix.
        num_qubits: How many qubits it acts on, the lower one's frame the lower digit.
    """
    signs, size = _signs(num_qubits), 4**num_qubits
    channel = np.frombuffer(matrix).reshape(size, size)
    found = np.full(size, _STUCK, dtype=np.int64)
    for before in range(size):
        is_same = np.all(signs[:, :, None] * channel * signs[before] == channel, axis=(1, 2))
        if is_same.any():
            found[before] = np.argmax(is_same)
    return found
