"""Distributions of measurements in any basis, against Qiskit's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import Statevector

from shoal.cluster.engines.batched import compile_circuit, probabilities


def distribution(state: np.ndarray, basis: str) -> np.ndarray:
    turn = QuantumCircuit(len(basis))
    for qubit, letter in enumerate(reversed(basis)):
        if letter == "Y":
            turn.sdg(qubit)
        if letter in "XY":
            turn.h(qubit)
    measured = [qubit for qubit, letter in enumerate(reversed(basis)) if letter != "I"]
    if not measured:
        return np.ones(1)
    return Statevector(state).evolve(turn).probabilities(measured)


@given(
    bases=st.integers(1, 4).flatmap(
        lambda n: st.lists(st.text("IXYZ", min_size=n, max_size=n), min_size=1, max_size=6)
    )
)
def test_any_bases(bases):
    circuit = efficient_su2(len(bases[0]), reps=1)
    rows = np.random.default_rng(1).uniform(-3, 3, (3, circuit.num_parameters))

    found = probabilities(compile_circuit(circuit), rows, bases)

    assert len(found) == len(bases)
    for row, values in enumerate(rows):
        state = Statevector(circuit.assign_parameters(values)).data
        for basis, one in zip(bases, found, strict=True):
            np.testing.assert_allclose(one[row], distribution(state, basis), atol=1e-13)


@pytest.mark.parametrize("num_qubits", [9, 10])
def test_states_larger_than_a_cache_block(num_qubits, rng, exact_states):
    circuit = efficient_su2(num_qubits, reps=1)
    rows = rng.uniform(-3, 3, (2, circuit.num_parameters))
    bases = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(4)]
    bases += ["Z" * num_qubits, "X" * num_qubits]

    found = probabilities(compile_circuit(circuit), rows, bases)

    for row, state in enumerate(exact_states(circuit, rows)):
        for basis, one in zip(bases, found, strict=True):
            np.testing.assert_allclose(one[row], distribution(state, basis), atol=1e-13)
