"""Every gate by every engine and method that claims to run it, against Qiskit row by row."""

import numpy as np
import pytest

from tests.differential.cases import all_cases, without_boxes
from tests.differential.running import (
    CHAIN,
    CLAIMS,
    chi_square_is_plausible,
    counts_by,
    random_terms,
    values_by,
    values_by_qiskit,
)
from tests.reference import state_of

CASES = all_cases()

# Qiskit's own simulation of a PauliEvolutionGate warns of a format that scipy converts.
pytestmark = pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("claim", [*CLAIMS, CHAIN], ids=str)
def test_exact(claim, name, rng):
    circuit = CASES[name]
    rows = rng.uniform(-4, 4, (3, circuit.num_parameters))
    terms = random_terms(circuit.num_qubits, 8, rng)

    found = values_by(claim, circuit, rows, terms)

    np.testing.assert_allclose(found, values_by_qiskit(circuit, rows, terms), atol=1e-8)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_sampled(claim, name, rng):
    circuit = CASES[name].copy()
    rows = rng.uniform(-4, 4, (2, circuit.num_parameters))
    expected = [state_of(without_boxes(circuit), row).probabilities() for row in rows]
    circuit.measure_all()

    found = counts_by(claim, circuit, rows, 2000)

    for counts, probabilities in zip(found, expected, strict=True):
        assert chi_square_is_plausible(counts, probabilities)
