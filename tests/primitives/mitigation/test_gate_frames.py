"""Frames around layers: the same unitary at every row, and nothing else in the way of noise."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CPhaseGate, CXGate, ECRGate, RZZGate, UnitaryGate, iSwapGate
from qiskit.quantum_info import Operator, random_unitary

from shoal.primitives.errors import RequestError
from shoal.primitives.layer_noise import layer_noise
from shoal.primitives.mitigation.gate_frames import framed_layers
from shoal.primitives.mitigation.gate_groups import twirling_group

SEED = np.random.SeedSequence(5)


@pytest.mark.parametrize(
    ("gate", "size"),
    [
        (CXGate(), 16),
        (ECRGate(), 16),
        (iSwapGate(), 16),
        (RZZGate(0.3), 8),
        (RZZGate(Parameter("t")), 8),
        (RZZGate(np.pi / 2), 16),
        (CPhaseGate(Parameter("t")), 4),
        (UnitaryGate(CXGate().to_matrix()), 16),
    ],
)
def test_groups_have_all_paulis_that_stay_paulis(gate, size):
    before, after = twirling_group(gate)
    assert before.shape == after.shape == (size, 2)
    assert len(np.unique(before, axis=0)) == size


def test_a_cx_spreads_x_and_z():
    before, after = twirling_group(CXGate())
    known = {tuple(b): tuple(a) for b, a in zip(before.tolist(), after.tolist(), strict=True)}
    assert known[1, 0] == (1, 1)
    assert known[0, 2] == (2, 2)


def layered():
    theta = Parameter("theta")
    circuit = QuantumCircuit(4)
    circuit.h([0, 2])
    circuit.cx(0, 1)
    circuit.rzz(theta, 2, 3)
    circuit.sx(1)
    circuit.barrier()
    circuit.ecr(1, 2)
    circuit.barrier(1, 2)
    circuit.ecr(1, 2)
    circuit.cp(theta / 2, 0, 3)
    circuit.iswap(3, 1)
    return circuit


def test_every_randomization_is_the_circuit():
    circuit = layered()
    twirl = framed_layers(circuit, "active")
    drawn = twirl.sample(np.array([0.4]), 8, SEED, 0.0)
    rows = drawn.parameters
    assert set(drawn.signs) == {1}
    assert len(np.unique(rows, axis=0)) == 8
    wanted = Operator(circuit.assign_parameters([0.4]))
    for row in rows:
        assert Operator(twirl.circuit.assign_parameters(row)).equiv(wanted)


def test_the_users_gates_stay_and_frames_have_a_label():
    circuit = layered()
    framed = framed_layers(circuit, "all").circuit
    own = [item for item in framed.data if item.operation.label != "shoal:ideal"]
    assert sorted(item.name for item in own) == sorted(item.name for item in circuit.data)
    assert {item.name for item in framed.data if item not in own} == {"rz", "rx"}


def test_frames_that_meet_are_one():
    circuit = QuantumCircuit(2)
    for _ in range(3):
        circuit.cx(0, 1)
        circuit.barrier()
    assert framed_layers(circuit, "active").num_slots == 2 * 4


def test_measurements_keep_their_order():
    circuit = QuantumCircuit(3)
    circuit.add_register(ClassicalRegister(1))
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.measure(2, 0)
    names = [
        (item.name, framed_qubits)
        for item in framed_layers(circuit, "active").circuit.data
        if item.name == "measure"
        for framed_qubits in [circuit.find_bit(item.qubits[0]).index]
    ]
    assert names == [("measure", 0), ("measure", 2)]


NOISE = [
    layer_noise(
        {
            "gates": [["cx", [0, 1]]],
            "generators": [["X", [2]], ["ZY", [0, 2]]],
            "rates": [0.2, 0.1],
        }
    )
]


def test_noise_acts_on_idle_qubits_of_its_layer():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 2)
    circuit.cx(0, 1)
    known = [*NOISE, layer_noise({"gates": [["cx", [0, 2]]], "generators": [], "rates": []})]
    twirl = framed_layers(circuit, "active-accum", known)
    assert twirl.gamma == pytest.approx(np.exp(0.6))
    signs = twirl.sample(np.zeros(0), 20_000, SEED, -1.0).signs
    assert signs.mean() == pytest.approx(np.exp(-0.6), abs=5 / np.sqrt(20_000))
    with pytest.raises(RequestError, match=r"acts on qubits \[2\].*strategy='all'"):
        framed_layers(circuit, "active", known)


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (UnitaryGate(random_unitary(4, seed=2)), "'unitary' turns no Pauli into a Pauli"),
        (UnitaryGate(random_unitary(8, seed=2)), "it has 'unitary'"),
    ],
)
def test_what_cannot_be_twirled_is_refused(gate, why):
    circuit = QuantumCircuit(3)
    circuit.append(gate, range(gate.num_qubits))
    with pytest.raises(RequestError, match=f"cannot be twirled: {why}"):
        framed_layers(circuit, "active")
