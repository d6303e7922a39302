"""Which layers of circuits are learnt."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from shoal.primitives.errors import RequestError
from shoal.primitives.learning.learnt_layers import learnt_layers


def brickwork(width=4, repeats=2):
    circuit = QuantumCircuit(width)
    for _ in range(repeats):
        for first in (0, 1):
            for qubit in range(first, width - 1, 2):
                circuit.cz(qubit, qubit + 1)
    return circuit


def test_layers_that_repeat_are_learnt_once():
    even, odd = learnt_layers([brickwork()], "active", 4)
    assert even.gates == {("cz", (0, 1)), ("cz", (2, 3))}
    assert odd.gates == {("cz", (1, 2))}
    assert (even.qubits, odd.qubits) == ((0, 1, 2, 3), (1, 2))
    assert even.edges == ((0, 1), (1, 2), (2, 3))


def test_idle_qubits_belong_to_a_layer_where_they_always_do():
    circuit = brickwork()
    circuit.cz(0, 3)
    accumulated = learnt_layers([circuit], "active-accum", 4)
    assert [layer.qubits for layer in accumulated] == [(0, 1, 2, 3)] * 3
    single = QuantumCircuit(3)
    single.cz(0, 1)
    single.cz(1, 2)
    single.cz(0, 1)
    found = {layer.gates: layer.qubits for layer in learnt_layers([single], "active-accum", 4)}
    assert found[frozenset({("cz", (0, 1))})] == (0, 1)
    assert found[frozenset({("cz", (1, 2))})] == (0, 1, 2)


def rotations():
    circuit = QuantumCircuit(2)
    circuit.rzz(Parameter("t"), 0, 1)
    return circuit


@pytest.mark.parametrize(
    ("circuits", "maximum", "why"),
    [
        ([brickwork(), QuantumCircuit(2)], 4, r"of one width, and these have \[2, 4\]"),
        ([QuantumCircuit(2)], 4, "no two-qubit gates"),
        ([brickwork()], 1, "2 distinct layers .* max_layers_to_learn is 1"),
        ([rotations()], 4, "noise of 'rzz' .* Clifford gates without parameters"),
    ],
)
def test_what_cannot_be_learnt_is_refused(circuits, maximum, why):
    with pytest.raises(RequestError, match=why):
        learnt_layers(circuits, "active", maximum)
