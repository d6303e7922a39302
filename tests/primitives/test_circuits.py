import subprocess
import sys

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import (
    CASE_DEFAULT,
    AnnotatedOperation,
    Clbit,
    ControlModifier,
    Gate,
    InverseModifier,
    Operation,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit.classical import expr
from qiskit.circuit.library import (
    HGate,
    PauliEvolutionGate,
    UCGate,
    UnitaryGate,
    YGate,
    real_amplitudes,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford

from shoal.primitives.circuits import circuit_digest

A, B = Parameter("a"), Parameter("b")
NOT, TURN = np.eye(2)[::-1], np.diag([1, 1j])


def one_gate(add):
    circuit = QuantumCircuit(2, 2)
    add(circuit)
    return circuit


def custom(angle):
    gate = Gate("custom", 1, [])
    gate.definition = one_rotation(angle)
    return gate


def one_rotation(angle):
    circuit = QuantumCircuit(1)
    circuit.rx(angle, 0)
    return circuit


class Opaque(Gate):
    """A gate that is told by its matrix alone."""

    def __init__(self, angle):
        super().__init__("opaque", 1, [])
        self.angle = angle

    def __array__(self, dtype=None, copy=None):
        return np.diag([1, np.exp(1j * self.angle)])


class Planned(Operation):
    """Something that only a plugin of the transpiler knows."""

    name, num_qubits, num_clbits = "planned", 1, 0

    def __init__(self, angle):
        self.angle = angle


def inverted(operation):
    return AnnotatedOperation(operation, [InverseModifier()])


def cases(*labels):
    """The first of two labels flips the qubit, the second one turns it."""

    def add(circuit):
        with circuit.switch(circuit.clbits[0]) as case:
            with case(labels[0]):
                circuit.x(0)
            with case(labels[1]):
                circuit.h(0)

    return add


def branch(value):
    def add(circuit):
        with circuit.if_test((0, value)):
            circuit.x(0)

    return add


def branch_on(make):
    def add(circuit):
        with circuit.if_test(make(circuit.clbits)):
            circuit.x(0)

    return add


DIFFERENT = [
    lambda circuit: None,
    lambda circuit: circuit.delay(1, 0, unit="ns"),
    lambda circuit: circuit.delay(1, 0, unit="us"),
    lambda circuit: circuit.append(AnnotatedOperation(YGate(), [ControlModifier(1)]), [0, 1]),
    lambda circuit: circuit.append(AnnotatedOperation(YGate(), [ControlModifier(1, 0)]), [0, 1]),
    lambda circuit: circuit.append(AnnotatedOperation(HGate(), [ControlModifier(1)]), [0, 1]),
    lambda circuit: circuit.append(AnnotatedOperation(HGate(), [PowerModifier(2)]), [0]),
    lambda circuit: circuit.append(AnnotatedOperation(HGate(), [PowerModifier(3)]), [0]),
    lambda circuit: circuit.x(0),
    lambda circuit: circuit.x(1),
    lambda circuit: circuit.cx(0, 1),
    lambda circuit: circuit.cx(1, 0),
    lambda circuit: circuit.cx(0, 1, ctrl_state=0),
    lambda circuit: circuit.rx(0.1, 0),
    lambda circuit: circuit.rx(0.1 + 1e-16, 0),
    lambda circuit: circuit.rx(Parameter("a"), 0),
    lambda circuit: circuit.rx(2 * Parameter("a"), 0),
    lambda circuit: circuit.rx(0.123456789012345 * Parameter("a"), 0),
    lambda circuit: circuit.rx(0.123456789012346 * Parameter("a"), 0),
    lambda circuit: circuit.unitary(np.eye(2), 0),
    lambda circuit: circuit.unitary(np.diag([1, -1]), 0),
    lambda circuit: circuit.append(UnitaryGate(np.eye(2), label="noisy"), [0]),
    lambda circuit: circuit.append(custom(0.1), [0]),
    lambda circuit: circuit.append(custom(0.2), [0]),
    lambda circuit: circuit.append(PauliEvolutionGate(SparsePauliOp("XX"), 0.1), [0, 1]),
    lambda circuit: circuit.append(PauliEvolutionGate(SparsePauliOp("ZZ"), 0.1), [0, 1]),
    lambda circuit: circuit.measure(0, 0),
    lambda circuit: circuit.measure(0, 1),
    lambda circuit: setattr(circuit, "global_phase", 0.5),
    lambda circuit: circuit.add_register(ClassicalRegister(1, "more")),
    lambda circuit: circuit.add_register(ClassicalRegister(bits=circuit.clbits, name="alias")),
    branch(0),
    branch(1),
    branch_on(lambda bits: expr.lift(bits[0])),
    branch_on(lambda bits: expr.lift(bits[1])),
    branch_on(lambda bits: expr.logic_not(bits[0])),
    branch_on(lambda bits: expr.logic_and(bits[0], bits[1])),
    branch_on(lambda bits: expr.logic_or(bits[0], bits[1])),
    lambda circuit: circuit.append(random_clifford(2, seed=1), [0, 1]),
    lambda circuit: circuit.append(random_clifford(2, seed=2), [0, 1]),
    lambda circuit: circuit.append(random_clifford(2, seed=1).to_instruction(), [0, 1]),
    lambda circuit: circuit.append(inverted(random_clifford(2, seed=1)), [0, 1]),
    lambda circuit: circuit.append(inverted(random_clifford(2, seed=2)), [0, 1]),
    lambda circuit: circuit.append(Opaque(0.1), [0]),
    lambda circuit: circuit.append(Opaque(0.2), [0]),
    lambda circuit: circuit.append(Planned(0.1), [0]),
    lambda circuit: circuit.append(Planned(0.2), [0]),
    lambda circuit: circuit.append(UCGate([NOT, TURN], up_to_diagonal=False), [0, 1]),
    lambda circuit: circuit.append(UCGate([NOT, TURN], up_to_diagonal=True), [0, 1]),
    lambda circuit: circuit.append(UnitaryGate(NOT).control(1), [0, 1]),
    lambda circuit: circuit.append(UnitaryGate(TURN).control(1), [0, 1]),
    lambda circuit: circuit.rx(0.5 / -(A / B), 0),
    lambda circuit: circuit.rx(0.5 / -A / B, 0),
    cases(0, 1),
    cases(1, 0),
    cases(1, CASE_DEFAULT),
]


def test_circuits_that_do_different_things_have_different_digests():
    digests = [circuit_digest(one_gate(add)) for add in DIFFERENT]
    assert len(set(digests)) == len(DIFFERENT)


@pytest.mark.parametrize("add", DIFFERENT)
def test_circuits_made_alike_share_a_digest(add):
    assert circuit_digest(one_gate(add)) == circuit_digest(one_gate(add))


def test_name_metadata_and_the_names_of_qubits_do_not_count():
    plain = QuantumCircuit(2)
    named = QuantumCircuit(QuantumRegister(2, "other"), name="name", metadata={"a": 1})
    assert circuit_digest(plain) == circuit_digest(named)


def test_loose_bits_count_by_their_places():
    def loose(place):
        circuit = QuantumCircuit([*QuantumRegister(1)], [Clbit(), Clbit()])
        circuit.measure(0, place)
        with circuit.if_test((circuit.clbits[place], 1)):
            circuit.x(0)
        with circuit.if_test(expr.logic_not(circuit.clbits[place])):
            circuit.x(0)
        return circuit

    assert circuit_digest(loose(0)) == circuit_digest(loose(0)) != circuit_digest(loose(1))


def test_the_order_of_parameters_counts():
    def angles(names):
        circuit = QuantumCircuit(1)
        for name in names:
            circuit.rx(name, 0)
        return circuit

    single = [Parameter(f"a[{k}]") for k in range(11)]
    assert circuit_digest(angles(single)) != circuit_digest(angles(ParameterVector("a", 11)))


def test_a_digest_is_the_same_in_another_process():
    script = (
        "from qiskit.circuit.library import real_amplitudes\n"
        "from shoal.primitives.circuits import circuit_digest\n"
        "print(circuit_digest(real_amplitudes(3, reps=2)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == circuit_digest(real_amplitudes(3, reps=2))
