"""Clifford circuits by the stabilizer method, also wide ones, against Qiskit's own tableaux."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import Clifford, Pauli, StabilizerState

from shoal.cluster.engines.choice import check
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.expansion import expand
from tests.differential.cases import STANDARD, symbolic
from tests.differential.running import (
    Claim,
    chi_square_is_plausible,
    counts_by,
    random_terms,
    run,
    values_by,
    values_by_qiskit,
)
from tests.primitives.requests import estimator_request
from tests.reference import state_of

STABILIZER = Claim("aer", "stabilizer")
CLIFFORD_AT_RIGHT_ANGLES = sorted(
    set(STANDARD)
    - {"t", "tdg", "ccx", "ccz", "cswap", "rccx", "rcccx", "c3sx", "mcx", "csx", "cs", "csdg", "ch"}
    - {"cp", "cu1", "crx", "cry", "crz", "cu", "cu3", "global_phase"}
    - {"xx_minus_yy", "xx_plus_yy"}
)
CLIFFORD_AT_HALF_TURNS = ("cp", "cu1", "crx", "cry", "crz", "cu", "cu3", "xx_plus_yy")


def with_clifford_gates(name: str) -> QuantumCircuit:
    """A gate between Clifford gates, on qubits in both orders."""
    gate = symbolic(name)
    width = max(gate.num_qubits, 2)
    circuit = QuantumCircuit(width)
    for qubit in range(width):
        circuit.h(qubit)
        circuit.s(qubit)
    circuit.cx(0, 1)
    circuit.append(gate, range(gate.num_qubits))
    circuit.sx(0)
    circuit.cz(0, 1)
    circuit.append(gate, list(range(width))[::-1][: gate.num_qubits])
    return circuit


@pytest.mark.parametrize(
    ("name", "step"),
    [(name, np.pi / 2) for name in CLIFFORD_AT_RIGHT_ANGLES]
    + [(name, np.pi) for name in CLIFFORD_AT_HALF_TURNS],
)
def test_gate(name, step, rng):
    circuit = with_clifford_gates(name)
    rows = rng.integers(-4, 5, (4, circuit.num_parameters)) * step
    terms = random_terms(circuit.num_qubits, 8, rng)
    measured = circuit.copy()
    measured.measure_all()

    values = values_by(STABILIZER, circuit, rows, terms)
    drawn = counts_by(STABILIZER, measured, rows, 1000)

    np.testing.assert_allclose(values, values_by_qiskit(circuit, rows, terms), atol=1e-8)
    for counts, row in zip(drawn, rows, strict=True):
        assert chi_square_is_plausible(counts, state_of(circuit, row).probabilities())


def wide_circuit(width: int, rng: np.random.Generator) -> QuantumCircuit:
    """Layers of random Clifford gates, some of them rotations by parameters."""
    angles = ParameterVector("t", width)
    circuit = QuantumCircuit(width)
    for qubit in range(width):
        circuit.h(qubit)
        circuit.rz(angles[qubit], qubit)
        circuit.ry(angles[qubit] * 2, qubit)
    for _ in range(2):
        for one, other in rng.permutation(width)[: width // 2 * 2].reshape(-1, 2).tolist():
            circuit.cx(one, other)
            circuit.s(other)
            circuit.h(one)
    return circuit


def stabilizer_value(circuit: QuantumCircuit, term: str) -> float:
    return float(StabilizerState(Clifford(circuit)).expectation_value(Pauli(term)))


def test_127_qubits(rng):
    circuit = wide_circuit(127, rng)
    rows = rng.integers(0, 4, (2, 127)) * np.pi / 2
    tableau = StabilizerState(Clifford(circuit.assign_parameters(rows[0]))).clifford
    terms = [label[1:] for label in tableau.to_labels(mode="S")[:6]]
    terms += ["".join(rng.choice(list("IXYZ"), 127)) for _ in range(3)]
    observables = [{term: 1.0} for term in terms]

    pubs = [(0, observables, rows[:, None], 0.0), (0, observables, rows[:, None], 0.05)]
    exact, drawn = run(estimator_request([circuit], pubs))

    wanted = [
        [stabilizer_value(circuit.assign_parameters(row), term) for term in terms] for row in rows
    ]
    np.testing.assert_allclose(exact.data.evs, wanted, atol=1e-12)
    assert np.all(np.abs(wanted[0][:6]) == 1)
    assert np.all(np.abs(drawn.data.evs - wanted) <= 5 * np.maximum(drawn.data.stds, 1e-9))
    assert exact.metadata["shoal"]["method"] == "stabilizer"


def test_what_is_not_clifford_is_refused():
    circuit = QuantumCircuit(1)
    circuit.t(0)
    request = estimator_request([circuit], [(0, ["Z"], [], 0.0)], **STABILIZER.options)

    with pytest.raises(UnsupportedError, match="runs Clifford circuits with Pauli noise only"):
        check(request, expand(request))
