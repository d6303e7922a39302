"""Few busy qubits among idle ones, and light cones: what a simulator may leave out, it must."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

from tests.differential.cases import A, B
from tests.differential.running import (
    CHAIN,
    CLAIMS,
    Claim,
    chi_square_is_plausible,
    counts_by,
    random_terms,
    values_by,
    values_by_qiskit,
)
from tests.reference import state_of

EVERY = (*CLAIMS, Claim("auto", "automatic"))


def scattered() -> QuantumCircuit:
    """Gates on qubits 1, 4 and 6 of eight; 4 ends apart from the others."""
    circuit = QuantumCircuit(8)
    circuit.h(1)
    circuit.ry(A, 4)
    circuit.cx(1, 6)
    circuit.crx(B, 6, 1)
    circuit.rz(A * B, 4)
    return circuit


@pytest.mark.parametrize("claim", [*EVERY, CHAIN], ids=str)
@pytest.mark.parametrize("allowed", [(1, 4, 6), (0, 1, 4, 6, 7), (4,), (0, 7)], ids=str)
def test_values(claim, allowed, rng):
    circuit = scattered()
    rows = rng.uniform(-3, 3, (3, 2))
    terms = set()
    for short in random_terms(len(allowed), 6, rng):
        letters = ["I"] * 8
        for qubit, letter in zip(allowed, short, strict=True):
            letters[7 - qubit] = letter
        terms.add("".join(letters))

    found = values_by(claim, circuit, rows, sorted(terms))

    np.testing.assert_allclose(found, values_by_qiskit(circuit, rows, sorted(terms)), atol=1e-8)


@pytest.mark.parametrize("claim", EVERY, ids=str)
@pytest.mark.parametrize("measured", [(6, 4), (0, 1, 7), (4,), (3,)], ids=str)
def test_outcomes(claim, measured, rng):
    circuit = scattered()
    rows = rng.uniform(-3, 3, (2, 2))
    expected = [state_of(circuit, row).probabilities(list(measured)) for row in rows]
    with_bits = QuantumCircuit(8)
    with_bits.compose(circuit, inplace=True)
    from qiskit import ClassicalRegister

    with_bits.add_register(ClassicalRegister(len(measured), "meas"))
    with_bits.measure(list(measured), range(len(measured)))

    found = counts_by(claim, with_bits, rows, 1500)

    for counts, probabilities in zip(found, expected, strict=True):
        assert chi_square_is_plausible(counts, probabilities)
