import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.library import Initialize

from shoal.cluster.engines.flattening import flattened
from shoal.cluster.engines.measurements import measured_circuit


def test_terminal_measurements_are_cut_off():
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.measure(0, 2)
    circuit.cx(1, 2)
    circuit.barrier()
    circuit.measure(2, 0)
    circuit.measure(1, 0)

    found = measured_circuit(circuit)

    assert [one.name for one in found.body.data] == ["h", "cx"]
    assert found.qubit_of_clbit == {2: 0, 0: 1}
    assert found.measured == (0, 1)
    assert found.num_gates == 2


@pytest.mark.parametrize("what", ["gate", "reset", "branch"])
def test_what_follows_a_measurement(what):
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    if what == "gate":
        circuit.x(0)
    elif what == "reset":
        circuit.reset(0)
    else:
        with circuit.if_test((0, 1)):
            circuit.x(1)

    assert measured_circuit(circuit).body is None


def test_resets_and_initial_states_of_fresh_qubits():
    fresh, used = QuantumCircuit(2), QuantumCircuit(2)
    fresh.reset(0)
    fresh.append(Initialize([0, 1]), [1])
    used.h(0)
    used.reset(0)

    assert not measured_circuit(fresh).has_resets
    assert measured_circuit(used).has_resets


def test_boxes_and_instructions_hide_nothing():
    inner = QuantumCircuit(1, 1, name="inner")
    inner.x(0)
    inner.measure(0, 0)
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(2, "c"))
    with circuit.box():
        circuit.h(2)
        with circuit.box():
            circuit.cx(2, 0)
    circuit.append(inner.to_instruction(), [1], [1])

    found = flattened(circuit)

    assert [one.name for one in found.data] == ["h", "cx", "x", "measure"]
    assert found.find_bit(found.data[1].qubits[1]).index == 0
    assert found.find_bit(found.data[3].clbits[0]).index == 1
    assert measured_circuit(circuit).qubit_of_clbit == {1: 1}


def test_flat_circuits_stay_the_same_object():
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)

    assert flattened(circuit) is circuit
