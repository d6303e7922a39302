"""Channels as real matrices over Pauli operators.

A state of n qubits is the vector of ``Tr(P rho)`` over the 4**n products of I, X, Y, Z; qubit 0
is the lowest digit. A channel on k qubits is a real matrix [4**k, 4**k].
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SuperOp

TransferMatrix = NDArray[np.float64]

_PAULIS = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
_ROUNDING = 1e-13


@cache
def pauli_matrices(num_qubits: int) -> NDArray[np.complex128]:
    """Return all Pauli operators [4**k, 2**k, 2**k], qubit 0 the lowest digit."""
    found = np.ones((1, 1, 1), dtype=complex)
    for _ in range(num_qubits):
        found = np.einsum("aij,bkl->abikjl", _PAULIS, found).reshape(
            4 * found.shape[0], 2 * found.shape[1], 2 * found.shape[1]
        )
    return found


def of_unitary(matrix: NDArray[np.complex128]) -> TransferMatrix:
    """Return the transfer matrix of a unitary."""
    paulis = pauli_matrices(matrix.shape[0].bit_length() - 1)
    turned = matrix @ paulis @ matrix.conj().T
    return _clean(np.einsum("pij,qji->pq", paulis, turned) / matrix.shape[0])


def of_channel(channel: Any) -> TransferMatrix:
    """Return the transfer matrix of what Qiskit can make a channel of."""
    superoperator = SuperOp(channel)
    side = 1 << superoperator.num_qubits
    paulis = pauli_matrices(superoperator.num_qubits)
    # Column-stacking: a matrix becomes a vector with its row index running fastest.
    stacked = paulis.transpose(0, 2, 1).reshape(-1, side * side)
    turned = (superoperator.data @ stacked.T).T.reshape(-1, side, side).transpose(0, 2, 1)
    return _clean(np.einsum("pij,qji->pq", paulis, turned) / side)


def swapped(matrix: TransferMatrix) -> TransferMatrix:
    """Return a channel on two qubits with the qubits exchanged."""
    return matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)


def factors(matrix: TransferMatrix) -> tuple[TransferMatrix, TransferMatrix] | None:
    """Return the channels on qubits 0 and 1 whose product a channel is; ``None`` if it is none."""
    grid = matrix.reshape(4, 4, 4, 4)
    low, high = grid[0, :, 0, :], grid[:, 0, :, 0]
    is_product = np.allclose(np.kron(high, low), matrix, rtol=0, atol=_ROUNDING)
    return (low, high) if is_product else None


def as_permutation(matrix: TransferMatrix) -> tuple[NDArray[np.int64], TransferMatrix] | None:
    """Return sources and weights [16] if each component comes from one other; else ``None``."""
    if np.any(np.count_nonzero(matrix, axis=1) > 1):
        return None
    source = np.argmax(matrix != 0, axis=1)
    return source, matrix[np.arange(matrix.shape[0]), source]


def _clean(matrix: NDArray[Any]) -> TransferMatrix:
    """Drop what is only rounding, so that permutations and products are seen to be such."""
    real = np.ascontiguousarray(matrix.real)
    real[np.abs(real) < _ROUNDING] = 0.0
    nearest = np.rint(real)
    return np.where(np.abs(real - nearest) < _ROUNDING, nearest, real)
