"""Our linear algebra against LAPACK's, and the same bits whatever the number of threads."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.mitigation.plain_algebra import factor, inverse, solution


def matrix_of(seed, size, diagonal):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, size)) / size + diagonal * np.eye(size)


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_inverses_undo(seed, size):
    matrix = matrix_of(seed, size, 0.0) + np.roll(np.eye(size), 1, axis=0)
    if np.linalg.cond(matrix) < 1e6:
        np.testing.assert_allclose(inverse(matrix) @ matrix, np.eye(size), atol=1e-8)


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(0, 20))
def test_factors_multiply_to_the_matrix(seed, size, rank):
    halves = np.random.default_rng(seed).normal(size=(size, rank))
    matrix = halves @ halves.T
    found = factor(matrix)
    assert not np.triu(found, 1).any()
    np.testing.assert_allclose(found @ found.T, matrix, atol=1e-9 * (1 + np.abs(matrix).max()))


def test_singular_matrices_are_refused():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        inverse(np.ones((3, 3)))


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_systems_are_solved_to_the_tolerance(seed, size):
    matrix = matrix_of(seed, size, 2.0)
    right = np.random.default_rng(seed + 1).normal(size=size)
    found = solution(lambda x: matrix @ x, right, np.diagonal(matrix), 1e-9)
    np.testing.assert_allclose(matrix @ found, right, atol=1e-8 * np.linalg.norm(right) + 1e-300)


def test_a_solution_that_is_not_found_is_none():
    matrix = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert solution(lambda x: matrix @ x, np.array([1.0, 0.0]), np.ones(2), 1e-9) is None


REDUCES = """
import sys
import numpy as np
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from shoal.primitives import Estimator
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.assignment import AssignmentErrors
from shoal.primitives.mitigation.quasi import quasi_probabilities

rng = np.random.default_rng(3)
for bits, strings in ((12, 200), (18, 400), (13, 9000), (40, 30000)):
    errors = AssignmentErrors(*rng.uniform(0.01, 0.05, (2, bits)))
    drawn = np.unique(pack_bits(rng.random((strings, bits)) < 0.1), axis=0)
    found = quasi_probabilities(drawn, rng.integers(1, 9, len(drawn)), errors)
    sys.stdout.buffer.write(found.values.tobytes() + found.stds.tobytes())
    sys.stdout.buffer.write(np.float64(found.overhead).tobytes())

noise = NoiseModel()
noise.add_all_qubit_quantum_error(depolarizing_error(0.03, 2), ["cx"])
noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
ghz = QuantumCircuit(5)
ghz.h(0)
for qubit in range(4):
    ghz.cx(qubit, qubit + 1)
terms = ["ZZIII", "XXXXX", "IZZIZ", "YYXXX", "ZIIIZ", "IIIIZ"]
local = {"resilience": {"measure_mitigation": True, "zne_mitigation": True}}
local["twirling"] = {"enable_measure": False}
for options in (local, {"resilience_level": 2}):
    asked = {"seed": 5, "simulator": {"noise_model": noise}, **options}
    job = Estimator(options=asked).run([(ghz, terms)], precision=0.1)
    for name in ("linear", "exponential", "richardson"):
        data = job.reduce({"resilience": {"zne": {"extrapolator": name}}})[0].data
        sys.stdout.buffer.write(data.evs.tobytes() + data.stds.tobytes())
"""


@pytest.mark.slow
def test_results_have_the_same_bits_with_any_number_of_threads():
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    found = []
    for threads in ("1", "2"):
        environment = {**os.environ, **dict.fromkeys(names, threads)}
        done = subprocess.run(
            [sys.executable, "-c", REDUCES], env=environment, capture_output=True, check=True
        )
        found.append(hashlib.sha256(done.stdout).hexdigest())
        assert len(done.stdout) > 10_000
    assert len(set(found)) == 1
