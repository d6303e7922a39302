"""What becomes of a circuit's gates."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import efficient_su2, real_amplitudes

from shoal.cluster.engines.batched import compile_circuit
from shoal.cluster.engines.batched.lowering.operations import Diagonal, Rotation

THETA = Parameter("theta")


def kinds(circuit: QuantumCircuit) -> str:
    """One letter an operation: R for rotations, D for diagonals and dense maps."""
    return "".join(type(one).__name__[0] for one in compile_circuit(circuit).operations)


@pytest.mark.parametrize("make", [efficient_su2, real_amplitudes])
def test_one_rotation_a_qubit_and_layer(make):
    assert kinds(make(6, reps=3)) == "R" * 24


def test_runs_become_one_rotation():
    circuit = QuantumCircuit(2)
    for name in ("h", "s", "h", "t", "sx", "x", "y", "z"):
        getattr(circuit, name)(0)
        circuit.cx(1, 0)
        circuit.cx(1, 0)
    circuit.rx(THETA, 0)

    assert kinds(circuit) == "R"


def test_phases_before_a_rotation_join_it():
    circuit = QuantumCircuit(1)
    circuit.rz(THETA, 0)
    circuit.sx(0)
    circuit.rz(THETA, 0)
    circuit.sx(0)
    circuit.rz(THETA, 0)

    assert kinds(circuit) == "R"


def test_phases_on_few_qubits_become_one_table():
    circuit = QuantumCircuit(5)
    for qubit in range(4):
        circuit.rzz(THETA, qubit, qubit + 1)
        circuit.rz(0.3, qubit)
        circuit.cp(THETA, 0, 4)
        circuit.ccz(0, 1, 2)
    (table,) = compile_circuit(circuit).operations

    assert isinstance(table, Diagonal)
    assert len(table.span) == 5


def test_cx_between_phases_costs_nothing():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.rz(THETA, 2)
    circuit.cx(1, 2)
    circuit.cx(0, 1)

    assert kinds(circuit) == "D"


def test_gates_that_are_in_the_way_stay():
    circuit = QuantumCircuit(2)
    circuit.rx(THETA, 0)
    circuit.cz(0, 1)
    circuit.rx(THETA, 0)

    assert kinds(circuit) == "RDR"


def test_controlled_rotations_keep_their_controls():
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    rotation, *_ = compile_circuit(circuit).operations

    assert isinstance(rotation, Rotation)
    assert len(rotation.controls) == 2
