import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Gate,
    InverseModifier,
    Parameter,
)
from qiskit.circuit.library import (
    HamiltonianGate,
    HGate,
    StatePreparation,
    UnitaryGate,
    real_amplitudes,
)
from qiskit.quantum_info import Operator, SparsePauliOp

from shoal.primitives.canonical_circuits import canonical
from shoal.primitives.gate_names import is_named_rightly

A, B = Parameter("a"), Parameter("b")


def composite(name, make="to_gate"):
    inner = QuantumCircuit(1, name=name)
    inner.rx(A, 0)
    return getattr(inner, make)()


def holding(operation):
    circuit = QuantumCircuit(operation.num_qubits)
    circuit.append(operation, circuit.qubits)
    return circuit


def names(circuit):
    return [one.name for one in circuit.data]


@pytest.mark.parametrize("make", ["to_gate", "to_instruction"])
@pytest.mark.parametrize("name", ["h", "delay", "reset", "multiplexer", "mcx", "kraus", "save_x"])
def test_what_bears_the_name_of_another_gets_its_own(name, make):
    found = canonical(holding(composite(name, make)))

    assert names(found) == [f"own_{name}"]
    assert names(found.data[0].operation.definition) == ["rx"]
    assert list(found.parameters) == [A]


def test_names_are_found_within_gates_blocks_and_annotations():
    circuit = QuantumCircuit(2, 1)
    circuit.append(holding(composite("h")).to_gate(), [0])
    with circuit.if_test((0, 1)):
        circuit.append(composite("x"), [1])
    circuit.append(AnnotatedOperation(composite("y"), [InverseModifier()]), [0])

    outer, branch, annotated = (one.operation for one in canonical(circuit).data)

    assert names(outer.definition) == ["own_h"]
    assert names(branch.blocks[0]) == ["own_x"]
    assert annotated.base_op.name == "own_y"


@pytest.mark.parametrize(
    "operation",
    [
        HGate(label="named"),
        composite("mine"),
        UnitaryGate(np.eye(2)),
        StatePreparation([0.6, 0.8]).inverse(),
        AnnotatedOperation(HGate(), [ControlModifier(1)]),
        HGate().control(3, ctrl_state=2, annotated=False),
        Gate("ecr", 2, []),
    ],
    ids=lambda operation: operation.name,
)
def test_what_says_what_it_is_stays(operation):
    circuit = holding(operation)
    assert canonical(circuit) is circuit


def test_a_usual_circuit_is_not_copied():
    circuit = real_amplitudes(3, reps=1)
    circuit.measure_all()
    assert canonical(circuit) is circuit


def test_a_gate_that_is_only_a_name_is_what_it_says():
    assert is_named_rightly(Gate("ecr", 2, []))
    assert not is_named_rightly(composite("ecr"))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_matrix_evolves_for_a_time_that_is_bound_later(width, rng):
    matrix = rng.normal(size=(1 << width, 1 << width)) + 1j * rng.normal(size=(1 << width,) * 2)
    gate = HamiltonianGate(matrix + matrix.conj().T, A * B)
    circuit = canonical(holding(gate))

    bound = circuit.assign_parameters({A: 0.7, B: -1.1})

    wanted = Operator(HamiltonianGate(gate.params[0], -0.77))
    np.testing.assert_allclose(Operator(bound).data, wanted.data, atol=1e-12)


def test_a_matrix_that_evolves_for_a_known_time_stays():
    circuit = holding(HamiltonianGate(SparsePauliOp(["XX", "ZI"]).to_matrix(), 0.3))
    assert canonical(circuit) is circuit
