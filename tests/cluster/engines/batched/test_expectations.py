"""Expectation values against Qiskit's, for any circuit and any term."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import Statevector

from shoal.cluster.engines.batched import compile_circuit, expectations, states

MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
    "0": np.diag([1, 0]),
    "1": np.diag([0, 1]),
    "+": np.array([[1, 1], [1, 1]]) / 2,
    "-": np.array([[1, -1], [-1, 1]]) / 2,
    "r": np.array([[1, -1j], [1j, 1]]) / 2,
    "l": np.array([[1, 1j], [-1j, 1]]) / 2,
}


def value(state, label):
    matrix = np.eye(1)
    for letter in label:
        matrix = np.kron(matrix, MATRICES[letter])
    return float(np.real(state.conj() @ matrix @ state))


PARAMETERS = [Parameter(name) for name in "abc"]
ANGLES = st.one_of(
    st.floats(-4, 4),
    st.sampled_from(PARAMETERS),
    st.builds(
        lambda p, q, k: k * p + q.sin() * p,
        st.sampled_from(PARAMETERS),
        st.sampled_from(PARAMETERS),
        st.floats(-2, 2),
    ),
)
ONE = {"h": 0, "x": 0, "y": 0, "s": 0, "sx": 0, "rx": 1, "ry": 1, "rz": 1, "p": 1, "u": 3}
TWO = {"cx": 0, "cz": 0, "swap": 0, "iswap": 0, "ch": 0, "cp": 1, "rzz": 1, "rxx": 1, "cry": 1}


@st.composite
def circuits(draw, max_qubits=4):
    num_qubits = draw(st.integers(2, max_qubits))
    circuit = QuantumCircuit(num_qubits)
    for name in draw(st.lists(st.sampled_from([*ONE, *TWO, "ccz", "ccx"]), max_size=25)):
        width = 1 if name in ONE else 2 if name in TWO else min(3, num_qubits)
        if width == 2 and name.startswith("cc"):
            continue
        qubits = draw(st.permutations(range(num_qubits)))[:width]
        angles = [draw(ANGLES) for _ in range((ONE | TWO).get(name, 0))]
        getattr(circuit, name)(*angles, *qubits)
    return circuit


@given(circuit=circuits(), data=st.data())
@settings(max_examples=150)
def test_any_circuit(circuit, data):
    rows = np.random.default_rng(7).uniform(-3, 3, (3, circuit.num_parameters))
    letters = st.text("".join(MATRICES), min_size=circuit.num_qubits, max_size=circuit.num_qubits)
    labels = data.draw(st.lists(letters, min_size=1, max_size=6))
    compiled = compile_circuit(circuit)
    exact = [Statevector(circuit.assign_parameters(row)).data for row in rows]

    found = expectations(compiled, rows, labels)

    np.testing.assert_allclose(states(compiled, rows), exact, atol=1e-13)
    expected = [[value(state, label) for label in labels] for state in exact]
    np.testing.assert_allclose(found, expected, atol=1e-13)


def expected_values(state, labels):
    """As ``value``, one qubit at a time, for states of many qubits."""
    num_qubits = len(labels[0])
    tensor = state.reshape((2,) * num_qubits)
    found = []
    for label in labels:
        image = tensor
        for axis, letter in enumerate(label):
            image = np.moveaxis(np.tensordot(MATRICES[letter], image, (1, axis)), 0, axis)
        found.append(np.vdot(tensor, image).real)
    return found


@pytest.mark.parametrize("num_qubits", [8, 9, 11])
def test_states_larger_than_a_cache_block(num_qubits, rng, exact_states):
    circuit = efficient_su2(num_qubits, reps=2)
    circuit.ccx(0, num_qubits - 1, 3)
    circuit.mcp(0.7, list(range(num_qubits - 1)), num_qubits - 1)
    rows = rng.uniform(-3, 3, (2, circuit.num_parameters))
    labels = ["".join(rng.choice(list("IIIIXYZ01+-rl"), num_qubits)) for _ in range(30)]
    exact = exact_states(circuit, rows)
    compiled = compile_circuit(circuit)

    found = expectations(compiled, rows, labels)

    np.testing.assert_allclose(states(compiled, rows), exact, atol=1e-13)
    expected = [expected_values(state, labels) for state in exact]
    np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("num_qubits", [3, 6, 9, 10])
def test_many_terms_with_the_same_flips(num_qubits, rng, exact_states):
    circuit = efficient_su2(num_qubits, reps=1)
    rows = rng.uniform(-3, 3, (2, circuit.num_parameters))
    tails = ["".join(rng.choice(list("IZ"), num_qubits - 2)) for _ in range(12)]
    labels = [head + tail for head in ("II", "ZZ", "XX", "YY", "XY", "0X", "1I") for tail in tails]

    found = expectations(compile_circuit(circuit), rows, labels)

    expected = [expected_values(state, labels) for state in exact_states(circuit, rows)]
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_two_sizes_of_blocks(rng, exact_states):
    circuit = efficient_su2(14, reps=1)
    rows = rng.uniform(-3, 3, (1, circuit.num_parameters))
    labels = ["Z" * 14, "X" * 14, "I" * 12 + "XY", "+0" + "I" * 12]

    found = expectations(compile_circuit(circuit), rows, labels)

    expected = [expected_values(state, labels) for state in exact_states(circuit, rows)]
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_single_precision(rng):
    compiled = compile_circuit(efficient_su2(5, reps=2))
    rows = rng.uniform(-3, 3, (20, compiled.num_parameters))
    labels = ["ZZIII", "XIXII", "IYIYZ", "01+-r"]

    double = expectations(compiled, rows, labels)
    single = expectations(compiled, rows, labels, precision="single")

    np.testing.assert_allclose(single, double, atol=1e-5)
    assert not np.array_equal(single, double)
