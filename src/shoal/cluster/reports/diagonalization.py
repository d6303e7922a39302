"""The lowest or highest eigenvalue of an observable: what an estimate is held against."""

from __future__ import annotations

from typing import Literal

import numpy as np
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from ...primitives.observables import Observable

MAX_DENSE_QUBITS, MAX_SPARSE_QUBITS = 8, 18
"""Above the first a sparse solver is quicker; above the second a matrix would not fit a laptop."""


def extreme_eigenvalue(observable: Observable, end: Literal["lowest", "highest"]) -> float | None:
    """Diagonalise an observable.

    Args:
        observable: Terms on n qubits.
        end: Which end of the spectrum.

    Returns:
        The eigenvalue, or ``None`` where n is too large for this machine.
    """
    num_qubits = len(observable.terms[0])
    if num_qubits > MAX_SPARSE_QUBITS:
        return None
    pairs = list(zip(observable.terms, observable.coefficients, strict=True))
    operator = SparsePauliOp.from_sparse_observable(SparseObservable.from_list(pairs))
    if not operator.paulis.x.any():
        spectrum = _diagonal(operator)
    elif num_qubits <= MAX_DENSE_QUBITS:
        spectrum = np.linalg.eigvalsh(operator.to_matrix())
    else:
        # Half a second, for the few whose observables need it.
        import scipy.sparse.linalg

        which = "SA" if end == "lowest" else "LA"
        matrix = operator.to_matrix(sparse=True)
        spectrum = scipy.sparse.linalg.eigsh(matrix, k=1, which=which, return_eigenvectors=False)
    return float(spectrum.min() if end == "lowest" else spectrum.max())


def _diagonal(operator: SparsePauliOp) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    states = np.arange(1 << operator.num_qubits, dtype=np.uint64)
    powers = np.uint64(1) << np.arange(operator.num_qubits, dtype=np.uint64)
    values = np.zeros(states.size)
    for support, weight in zip(operator.paulis.z, operator.coeffs.real, strict=True):
        mask = np.bitwise_or.reduce(powers[support], initial=np.uint64(0))
        values += weight * (1.0 - 2.0 * (np.bitwise_count(states & mask) & 1))
    return values
