"""Operations on Pauli components as plain arrays, for compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .circuit import Local, Pair, PairTurn, PauliCircuit, PauliOperation, Turn
from .transfer import as_permutation, pauli_matrices

LOCAL, LOCAL_UNITAL, PERMUTATION, DENSE, PAIR_TURN = range(5)
"""Kinds of operations."""

TURN_X, TURN_Y, TURN_Z, FIXED = range(4)
"""Kinds of factors of a local channel."""

IntTable = NDArray[np.int64]
FloatTable = NDArray[np.float64]
TapeArrays = tuple[int, IntTable, IntTable, FloatTable, IntTable, FloatTable, FloatTable]


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A circuit's operations.

    Each row of ``operations`` is a kind, two qubits and two positions: of a local channel its
    first factor and one past its last; of others a row of ``sources`` and ``weights``, of
    ``matrices``, or of ``sources`` and ``weights`` and a slot.
    """

    num_qubits: int
    operations: IntTable
    factors: IntTable
    """Kind, and slot or row of ``maps`` [F, 2]."""
    maps: FloatTable
    """Fixed channels on one qubit [M, 4, 4]."""
    sources: IntTable
    """Which component each of a pair's comes from [S, 16]."""
    weights: FloatTable
    """And with which weight [S, 16]."""
    matrices: FloatTable
    """Fixed channels on two qubits [D, 16, 16]."""

    @property
    def arrays(self) -> TapeArrays:
        """All of it, as compiled loops take it."""
        return (
            self.num_qubits, self.operations, self.factors, self.maps, self.sources, self.weights,
            self.matrices,
        )  # fmt: skip


def make_tape(circuit: PauliCircuit) -> Tape:
    """Write a circuit's operations down."""
    writer = _Writer()
    for operation in circuit.operations:
        writer.write(operation)
    return Tape(
        circuit.num_qubits,
        np.array(writer.operations, dtype=np.int64).reshape(-1, 5),
        np.array(writer.factors, dtype=np.int64).reshape(-1, 2),
        np.array(writer.maps).reshape(-1, 4, 4),
        np.array(writer.sources, dtype=np.int64).reshape(-1, 16),
        np.array(writer.weights).reshape(-1, 16),
        np.array(writer.matrices).reshape(-1, 16, 16),
    )


class _Writer:
    def __init__(self) -> None:
        self.operations: list[tuple[int, int, int, int, int]] = []
        self.factors: list[tuple[int, int]] = []
        self.maps: list[FloatTable] = []
        self.sources: list[IntTable] = []
        self.weights: list[FloatTable] = []
        self.matrices: list[FloatTable] = []

    def write(self, operation: PauliOperation) -> None:
        match operation:
            case Local():
                self._local(operation)
            case Pair():
                self._pair(operation)
            case PairTurn():
                sources, weights = _partners(operation.paulis)
                row = self._table(sources, weights)
                self.operations.append(
                    (PAIR_TURN, operation.low, operation.high, row, operation.slot)
                )

    def _local(self, operation: Local) -> None:
        first, is_unital = len(self.factors), True
        for factor in operation.factors:
            if isinstance(factor, Turn):
                self.factors.append((factor.axis, factor.slot))
                continue
            is_unital &= not factor[1:, 0].any()
            self.factors.append((FIXED, len(self.maps)))
            self.maps.append(factor)
        kind = LOCAL_UNITAL if is_unital else LOCAL
        self.operations.append((kind, operation.qubit, 0, first, len(self.factors)))

    def _pair(self, operation: Pair) -> None:
        permutation = as_permutation(operation.matrix)
        if permutation is not None:
            row = self._table(*permutation)
            self.operations.append((PERMUTATION, operation.low, operation.high, row, 0))
            return
        self.matrices.append(operation.matrix)
        row = len(self.matrices) - 1
        self.operations.append((DENSE, operation.low, operation.high, row, 0))

    def _table(self, sources: IntTable, weights: FloatTable) -> int:
        self.sources.append(sources)
        self.weights.append(weights)
        return len(self.sources) - 1


def _partners(paulis: tuple[int, int]) -> tuple[IntTable, FloatTable]:
    """Return what a turn about a Pauli product mixes into each component, and its sign or 0."""
    every = pauli_matrices(2)
    axis = every[paulis[0] + 4 * paulis[1]]
    sources, weights = np.zeros(16, dtype=np.int64), np.zeros(16)
    for number, pauli in enumerate(every):
        if np.allclose(pauli @ axis, axis @ pauli):
            continue
        mixed = np.einsum("pij,ji->p", every, -1j * pauli @ axis).real / 4
        sources[number] = int(np.argmax(np.abs(mixed)))
        weights[number] = mixed[sources[number]]
    return sources, weights
