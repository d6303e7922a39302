"""Random circuits with random expressions, and every shape of broadcasting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import get_standard_gate_name_mapping

from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble
from tests.differential.running import (
    CHAIN,
    CLAIMS,
    random_terms,
    run_blocks,
    values_by,
    values_by_qiskit,
)
from tests.primitives.requests import ansatz, estimator_request
from tests.reference import expectation, state_of

NAMES = sorted(
    name
    for name, gate in get_standard_gate_name_mapping().items()
    if name not in ("measure", "reset", "delay", "barrier", "global_phase", "store")
    and gate.num_qubits <= 4
)
ANGLES = tuple(ParameterVector("t", 3))


@st.composite
def angles(draw):
    """A number, a parameter, or a function of some."""
    one, other = (draw(st.sampled_from(ANGLES)) for _ in range(2))
    number = draw(st.floats(-3, 3).map(lambda value: round(value, 3)))
    return draw(
        st.sampled_from(
            [number, one, one * number, one - other, one * other + number, (one + number).cos()]
        )
    )


@st.composite
def circuits(draw):
    """A few gates of the standard library on four qubits, with open and closed controls."""
    circuit = QuantumCircuit(4, global_phase=draw(angles()))
    mapping = get_standard_gate_name_mapping()
    for qubit in range(4):
        circuit.ry(0.3 + qubit, qubit)
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=12)):
        kind = mapping[name]
        gate = kind.base_class(*(draw(angles()) for _ in kind.params))
        controls = getattr(gate, "num_ctrl_qubits", 0)
        if controls and draw(st.booleans()):
            gate = gate.to_mutable()
            gate.ctrl_state = draw(st.integers(0, 2**controls - 1))
        qubits = draw(st.permutations(range(4)))[: gate.num_qubits]
        circuit.append(gate, qubits)
    return circuit


@pytest.mark.parametrize("claim", [*CLAIMS, CHAIN], ids=str)
@settings(max_examples=25)
@given(circuit=circuits(), seed=st.integers(0, 2**32))
def test_random_circuit(claim, circuit, seed):
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-4, 4, (3, circuit.num_parameters))
    terms = random_terms(4, 5, rng)

    found = values_by(claim, circuit, rows, terms)

    np.testing.assert_allclose(found, values_by_qiskit(circuit, rows, terms), atol=1e-8)


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
@pytest.mark.parametrize(
    ("parameters", "observables"),
    [
        ((), ()),
        ((), (3,)),
        ((4,), ()),
        ((4,), (4,)),
        ((4, 1), (3,)),
        ((2, 1, 3), (2, 1)),
        ((0,), ()),
    ],
    ids=str,
)
def test_broadcasting(claim, parameters, observables, rng):
    circuit = ansatz(3)
    values = rng.uniform(-3, 3, (*parameters, circuit.num_parameters))
    terms = rng.choice(random_terms(3, 5, rng), observables)
    paulis = np.vectorize(lambda term: {str(term): 1.0}, otypes=[object])(terms).tolist()

    request = estimator_request([circuit], [(0, paulis, values, 0.0)], **claim.options)
    found = assemble(request, expand(request), run_blocks(request))[0].data.evs

    shape = np.broadcast_shapes(parameters, observables)
    wanted = np.empty(shape)
    rows = np.broadcast_to(values, (*shape, circuit.num_parameters))
    labels = np.broadcast_to(terms, shape)
    for index in np.ndindex(shape):
        wanted[index] = expectation(state_of(circuit, rows[index]), str(labels[index]))
    np.testing.assert_allclose(found, wanted, atol=1e-8)
