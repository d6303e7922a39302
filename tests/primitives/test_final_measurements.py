import pytest
from qiskit import QuantumCircuit

from shoal.primitives.errors import RequestError
from shoal.primitives.final_measurements import estimated_circuit
from shoal.primitives.observables import Observable


def names(circuit, *terms):
    observables = [Observable.from_mapping({term: 1.0}) for term in terms]
    return [one.name for one in estimated_circuit(circuit, observables).data]


def test_a_circuit_without_measurements_is_returned_as_it_is():
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    assert estimated_circuit(circuit, ()) is circuit


def test_measurements_at_the_end_are_taken_off():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.measure_all()
    assert names(circuit, "ZZ", "0I", "1Z") == ["h", "barrier"]
    assert [one.name for one in circuit.data].count("measure") == 2


def test_two_measurements_of_one_qubit_are_both_taken_off():
    circuit = QuantumCircuit(1, 2)
    circuit.measure(0, 0)
    circuit.measure(0, 1)
    assert names(circuit, "Z") == []


def test_a_measurement_that_something_follows_stays():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    circuit.h(0)
    assert names(circuit, "X") == ["measure", "h"]


def test_a_measurement_that_something_depends_on_stays():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    assert names(circuit, "XX") == ["measure", "if_else"]


@pytest.mark.parametrize("term", ["IX", "ZY", "I+", "Il"])
def test_a_term_that_the_measurement_destroys_is_refused(term):
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with pytest.raises(RequestError, match=rf"measures qubit 0 at its end, .* term '{term[:1]}"):
        names(circuit, term)


def test_a_term_on_a_qubit_that_is_not_measured_is_taken():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    assert names(circuit, "XZ") == []
