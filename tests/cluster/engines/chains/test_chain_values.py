"""Chains of tensors against Qiskit's own states, and against what is known of wide circuits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import UnitaryGate, efficient_su2
from qiskit.quantum_info import Operator, random_unitary
from tests.differential.running import random_terms, values_by_qiskit

from shoal.cluster.engines.chain_kernels import CHAIN_RULES
from shoal.cluster.engines.chains import chain_circuit
from shoal.cluster.engines.chains.circuit import MAX_BOND
from shoal.cluster.engines.chains.factors import split
from shoal.cluster.engines.chains.reading import chain_values
from shoal.cluster.engines.templates import unrolled_template
from shoal.primitives.errors import UnsupportedError

ANGLES = tuple(ParameterVector("t", 3))


def chain(circuit: QuantumCircuit):
    return chain_circuit(unrolled_template(circuit, CHAIN_RULES), range(circuit.num_qubits))


@st.composite
def circuits(draw):
    """Gates of one qubit and at most four of two, near and far, on six qubits."""
    circuit = QuantumCircuit(6)
    far = ("cx", "cz", "swap", "iswap", "ecr", "rzz", "rzx", "cry", "cp", "csx", "dcx", "cu")
    for _ in range(draw(st.integers(1, 4))):
        for name in draw(st.lists(st.sampled_from(["ry", "p", "sx", "u", "r"]), max_size=4)):
            angles = [draw(st.sampled_from(ANGLES)) for _ in range({"u": 3, "r": 2}.get(name, 1))]
            qubit = draw(st.integers(0, 5))
            getattr(circuit, name)(*([] if name == "sx" else angles), qubit)
        name = draw(st.sampled_from(far))
        pair = draw(st.permutations(range(6)))[:2]
        one = draw(st.sampled_from(ANGLES))
        angles = {"cu": [one, 0.3, 2 * one, 0.1]}.get(name, [one] * (name in FAR_ANGLES))
        getattr(circuit, name)(*angles, *pair)
    return circuit


FAR_ANGLES = ("rzz", "rzx", "cry", "cp")


@settings(max_examples=60)
@given(circuit=circuits(), seed=st.integers(0, 2**32))
def test_values(circuit, seed):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-4, 4, (11, circuit.num_parameters))
    terms = random_terms(6, 6, rng)
    try:
        translated = chain(circuit)
    except UnsupportedError:
        return

    found = chain_values(translated, rows, terms, threads=2)

    np.testing.assert_allclose(found, values_by_qiskit(circuit, rows, terms), atol=1e-12)


def test_a_row_depends_on_itself_alone(rng):
    circuit = efficient_su2(7, reps=2, entanglement="linear")
    rows = rng.normal(size=(203, circuit.num_parameters))
    terms = random_terms(7, 5, rng)
    translated = chain(circuit)

    together = chain_values(translated, rows, terms, threads=3)

    alone = [chain_values(translated, rows[row : row + 1], terms, threads=1)[0] for row in (0, 150)]
    assert np.array_equal(together[[0, 150]], alone)


def test_values_on_1000_qubits():
    width, angle = 1000, 0.4
    circuit = QuantumCircuit(width)
    circuit.ry(2 * ANGLES[0], 0)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)
    terms = ["X" * width, "Z" + "I" * (width - 2) + "Z", "I" * 500 + "Z" + "I" * 499, "1" * width]

    (found,) = chain_values(chain(circuit), np.array([[angle]]), terms, threads=1)

    wanted = [np.sin(2 * angle), 1, np.cos(2 * angle), np.sin(angle) ** 2]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_long_bonds_are_refused():
    circuit = QuantumCircuit(4)
    for _ in range(1 + int(np.log2(MAX_BOND))):
        circuit.cx(0, 3)
        circuit.ry(0.1, 0)

    with pytest.raises(UnsupportedError, match="between qubits 0 and 1 may need more than 32"):
        chain(circuit)


@pytest.mark.parametrize(("name", "rank"), [("cx", 2), ("cz", 2), ("ecr", 2), ("swap", 4)])
def test_known_gates_are_few_products(name, rank):
    circuit = QuantumCircuit(2)
    getattr(circuit, name)(1, 0)

    assert chain(circuit).max_bond == rank


def test_products_sum_up_to_the_gate():
    matrix = np.asarray(random_unitary(4, seed=5))

    firsts, seconds = split(matrix)

    pairs = zip(firsts, seconds, strict=True)
    np.testing.assert_allclose(sum(np.kron(q.constant, p.constant) for p, q in pairs), matrix)


def test_gates_given_as_matrices(rng):
    circuit = QuantumCircuit(3)
    circuit.append(UnitaryGate(random_unitary(4, seed=1)), [2, 0])
    circuit.append(UnitaryGate(Operator(random_unitary(2, seed=2))), [1])
    circuit.append(UnitaryGate(random_unitary(4, seed=3)), [1, 2])
    terms = random_terms(3, 10, rng)

    found = chain_values(chain(circuit), np.empty((1, 0)), terms, threads=1)

    np.testing.assert_allclose(found, values_by_qiskit(circuit, [[]], terms), atol=1e-12)
