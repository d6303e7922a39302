"""Every gate of Qiskit's standard library, every parameter of it symbolic."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Gate, Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping

from shoal.cluster.engines.batched import compile_circuit, states

STANDARD = {
    name: gate for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, Gate)
}
CONTROLLED = [
    (name, state)
    for name, gate in STANDARD.items()
    if isinstance(gate, ControlledGate)
    for state in range(2**gate.num_ctrl_qubits)
]


def symbolic(name: str, **options: int) -> Gate:
    gate = STANDARD[name]
    if not gate.params and not options:
        return gate
    return gate.base_class(*map(Parameter, "abcd"[: len(gate.params)]), **options)


def on_shuffled_qubits(gate: Gate, rng: np.random.Generator) -> QuantumCircuit:
    circuit = QuantumCircuit(gate.num_qubits + 1)
    for _ in range(2):
        qubits = rng.permutation(gate.num_qubits + 1)[: gate.num_qubits]
        circuit.append(gate, qubits.tolist())
    return circuit


@pytest.mark.parametrize("name", STANDARD)
def test_standard_gate(name, rng, between_scrambles, exact_states):
    circuit = between_scrambles(on_shuffled_qubits(symbolic(name), rng))
    rows = rng.uniform(-7, 7, (9, circuit.num_parameters))

    found = states(compile_circuit(circuit), rows)

    np.testing.assert_allclose(found, exact_states(circuit, rows), atol=1e-13)


@pytest.mark.parametrize(("name", "state"), CONTROLLED)
def test_open_controls(name, state, rng, between_scrambles, exact_states):
    gate = symbolic(name, ctrl_state=state)
    circuit = between_scrambles(on_shuffled_qubits(gate, rng))
    rows = rng.uniform(-7, 7, (3, circuit.num_parameters))

    found = states(compile_circuit(circuit), rows)

    np.testing.assert_allclose(found, exact_states(circuit, rows), atol=1e-13)
