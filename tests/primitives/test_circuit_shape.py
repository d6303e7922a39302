"""What a circuit is counted as, without being translated."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate
from qiskit.quantum_info import SparsePauliOp, random_unitary

from shoal.primitives.circuit_shape import circuit_shape
from shoal.primitives.clifford import is_clifford_template

NOTHING = frozenset[str]()


def test_gates_are_told_apart_by_what_they_do_to_amplitudes():
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rzz(0.3, 0, 1)
    circuit.rxx(0.3, 1, 2)
    circuit.barrier()
    circuit.delay(10, 0)
    circuit.measure(0, 0)
    shape = circuit_shape(circuit, NOTHING)
    assert (shape.singles, shape.moves, shape.diagonals, shape.others) == (1, 1, 1, 1)
    assert (shape.gates, shape.measurements) == (4, 1)
    assert shape.active == {0, 1, 2}
    assert not shape.is_random


def test_parts_of_composite_instructions_are_counted_each():
    circuit = QuantumCircuit(4)
    ising = SparsePauliOp(["ZZII", "IZZI", "IIZZ", "XIII"])
    circuit.append(PauliEvolutionGate(ising, Parameter("t")), range(4))
    assert circuit_shape(circuit, NOTHING).gates >= 4


def test_loops_are_counted_as_often_as_they_turn():
    circuit = QuantumCircuit(1)
    with circuit.for_loop(range(7)):
        circuit.h(0)
    shape = circuit_shape(circuit, NOTHING)
    assert shape.gates == 7
    assert shape.is_random


def test_a_large_matrix_weighs_more_and_is_not_synthesized():
    circuit = QuantumCircuit(8)
    circuit.append(UnitaryGate(random_unitary(256, seed=1)), range(8))
    assert circuit_shape(circuit, NOTHING).gates == 64


def test_a_measurement_within_an_instruction_may_be_the_last():
    inner = QuantumCircuit(1, 1)
    inner.h(0)
    inner.measure(0, 0)
    circuit = QuantumCircuit(1, 1)
    circuit.append(inner.to_instruction(), [0], [0])
    assert circuit_shape(circuit, NOTHING).measures_last
    circuit.h(0)
    assert not circuit_shape(circuit, NOTHING).measures_last


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.0, True), (1.5707963267948966, True), (1, False)]
)
def test_a_template_is_clifford_by_its_numbers_alone(angle, expected):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.ry(angle, 1)
    assert is_clifford_template(circuit) == expected
    circuit.ry(Parameter("t"), 0)
    assert not is_clifford_template(circuit)
