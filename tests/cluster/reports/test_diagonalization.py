"""Extreme eigenvalues by each of the three ways, against NumPy."""

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from shoal.cluster.reports.diagonalization import extreme_eigenvalue
from shoal.primitives.observables import Observable


@pytest.mark.parametrize(
    ("letters", "num_qubits"),
    [("IZ", 5), ("IXYZ", 3), ("IXYZ", 9)],
    ids=["diagonal", "dense", "sparse"],
)
def test_ends_of_the_spectrum(rng, letters, num_qubits):
    labels = {"".join(rng.choice(list(letters), num_qubits)) for _ in range(6)}
    terms = {label: float(rng.normal()) for label in labels}
    spectrum = np.linalg.eigvalsh(SparsePauliOp.from_list(list(terms.items())).to_matrix())
    observable = Observable.from_mapping(terms)
    assert extreme_eigenvalue(observable, "lowest") == pytest.approx(spectrum[0], abs=1e-8)
    assert extreme_eigenvalue(observable, "highest") == pytest.approx(spectrum[-1], abs=1e-8)


def test_projectors_are_diagonalised_too():
    assert extreme_eigenvalue(Observable.from_mapping({"0+": 2.0}), "highest") == pytest.approx(2)


def test_what_is_too_large_has_none():
    assert extreme_eigenvalue(Observable.from_mapping({"X" * 30: 1.0}), "lowest") is None
