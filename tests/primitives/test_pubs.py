import re

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives.containers.bindings_array import BindingsArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import Pauli, SparsePauliOp

from shoal.primitives.errors import RequestError
from shoal.primitives.options import EstimatorOptions, SamplerOptions
from shoal.primitives.pubs import MAX_SHOTS, estimator_request, has_measurements, sampler_request


def estimates(pubs, precision=0.0, **options):
    return estimator_request(pubs, precision, EstimatorOptions(**options))


def samples(pubs, shots=10, warn=pytest.fail, **options):
    return sampler_request(pubs, shots, SamplerOptions(**options), warn)


def rotations(*names):
    circuit = QuantumCircuit(2, 2)
    for name in names:
        circuit.rx(Parameter(name), 0)
    circuit.measure(0, 0)
    return circuit


@pytest.mark.parametrize(
    ("values", "shape"),
    [(None, ()), ([], ()), ([[]], (1,)), (np.array([[]]), (1,)), ([np.array([])], (1,)), ({}, ())],
)
def test_empty_parameter_forms_are_sets_without_parameters(values, shape):
    pub = estimates([(QuantumCircuit(1), "Z", values)]).pubs[0]
    assert pub.parameters.shape == (*shape, 0)
    assert pub.shape == shape


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        {("c", "a"): [3, 1], "b": 2},
        {"a": 1, ("b", "c"): [2, 3]},
        BindingsArray({("b", "a", "c"): [2, 1, 3]}),
    ],
)
def test_parameters_come_in_the_circuits_own_order(values):
    pub = samples([(rotations("c", "a", "b"), values)]).pubs[0]
    np.testing.assert_array_equal(pub.parameters, [1, 2, 3])


def test_one_circuit_in_many_pubs_is_one_circuit():
    circuit = rotations("a")
    request = estimates([(circuit, "ZZ", [value]) for value in range(5)])
    assert len(request.circuits) == len(request.digests) == 1
    assert [pub.parameters.item() for pub in request.pubs] == [0, 1, 2, 3, 4]


def test_equal_circuits_are_one_circuit():
    request = estimates([(rotations("a"), "ZZ", [1]), (rotations("a"), "ZZ", [2])])
    assert len(request.circuits) == 1


def test_different_circuits_stay_apart():
    request = estimates([(rotations("a"), "ZZ", [1]), (rotations("b"), "ZZ", [2])])
    assert [pub.circuit for pub in request.pubs] == [0, 1]


def test_a_request_does_not_see_later_changes_of_its_circuit():
    circuit = QuantumCircuit(1)
    before = estimates([(circuit, "Z")])
    circuit.x(0)
    after = estimates([(circuit, "Z")])
    assert len(before.circuits[0].data) == 0
    assert before.digests != after.digests


@pytest.mark.parametrize(
    "change",
    [
        lambda circuit: setattr(circuit, "global_phase", 1.0),
        lambda circuit: circuit.measure_all(),
        lambda circuit: circuit.append(circuit.data[0].operation.inverse(), [0]),
    ],
)
def test_a_changed_circuit_is_another_circuit(change):
    circuit = QuantumCircuit(1)
    circuit.x(0)
    before = estimates([(circuit, "Z")])
    change(circuit)
    assert estimates([(circuit, "Z")]).digests != before.digests


def test_a_circuit_with_another_label_is_another_circuit():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    before = estimates([(circuit, "Z")])
    labelled = circuit.data[0].operation.to_mutable()
    labelled.label = "noisy"
    circuit.data[0] = circuit.data[0].replace(operation=labelled)
    assert estimates([(circuit, "Z")]).digests != before.digests


@pytest.mark.parametrize(
    "observable",
    ["Z", Pauli("Z"), SparsePauliOp("Z"), {"Z": 1.0}, {"0": 1, "1": -1}, SparsePauliOp(["Z", "Z"])],
)
def test_observables_of_every_kind_are_taken(observable):
    (found,) = estimates([(QuantumCircuit(1), observable)]).pubs[0].observables
    assert set(found.terms) <= {"Z", "0", "1"}


def test_pubs_broadcast_as_qiskit_does():
    observables = [["ZZ"], ["ZI"], ["IZ"]]
    pub = estimates([(rotations("a"), observables, np.zeros((4, 1)))]).pubs[0]
    assert (pub.parameters_shape, pub.observables_shape, pub.shape) == ((4,), (3, 1), (3, 4))


def test_any_iterable_of_pubs_is_taken():
    assert len(estimates(iter([(QuantumCircuit(1), "Z")] * 3)).pubs) == 3


def test_pub_objects_are_taken_with_what_they_say():
    circuit = rotations("a")
    pub = EstimatorPub(
        circuit, ObservablesArray.coerce("ZZ"), BindingsArray({"a": [1.0]}), precision=0.5
    )
    assert estimates([pub], precision=0.1).pubs[0].precision == 0.5
    assert samples([SamplerPub(circuit, BindingsArray({"a": 1.0}), shots=7)]).pubs[0].shots == 7


def test_what_a_pub_says_stands_before_the_default():
    circuit = QuantumCircuit(1)
    pubs = estimates([(circuit, "Z"), (circuit, "Z", None, 0.5)], precision=0.1).pubs
    assert [pub.precision for pub in pubs] == [0.1, 0.5]


def test_a_circuits_metadata_is_copied():
    circuit = QuantumCircuit(1, metadata={"a": 1})
    request = estimates([(circuit, "Z")])
    circuit.metadata["a"] = 2
    assert request.pubs[0].circuit_metadata == {"a": 1}


def test_a_seed_that_is_not_said_is_fresh():
    circuit = QuantumCircuit(1)
    assert estimates([(circuit, "Z")]).seed != estimates([(circuit, "Z")]).seed
    assert estimates([(circuit, "Z")], seed=3).seed == 3


def test_equal_requests_share_a_fingerprint():
    def made(value):
        return estimates([(real_amplitudes(2, reps=1), "ZZ", [[value] * 4])], seed=1).fingerprint

    assert made(0.5) == made(0.5) != made(0.25)


@pytest.mark.parametrize(
    ("pub", "words"),
    [
        ((rotations("a", "b"), "ZZ", [[1, 2, 3]]), "Length of|number of values"),
        ((rotations("a"), "ZZ"), "The number of values"),
        ((rotations("a"), "ZZZ", [1]), "number of qubits of the circuit"),
        ((rotations("a"), ["ZZ", "XX"], [[1], [2], [3]]), "not broadcastable"),
        ((rotations("a"), "ZZ", [np.nan]), "parameter 'a': found nan, expected a finite"),
        ((rotations("a"), "ZZ", [[1], [np.inf]]), r"'a' of parameter set \(1,\): found inf"),
        ((rotations("a"), 1j * SparsePauliOp("ZZ"), [1]), "Non-Hermitian"),
        ((rotations("a"), "QQ", [1]), "label"),
        ((rotations("a"), "ZZ", [1], -1), "precision must be non-negative"),
        ((rotations("a"), "ZZ", [1], np.nan), "precision: found nan"),
        ((rotations("a"), "ZZ", [1], 1e-9), "takes .* shots a basis"),
        ((rotations("a"),), "length of pub"),
        (rotations("a"), "invalid Estimator pub-like"),
    ],
)
def test_an_inconsistent_estimator_pub_is_refused_by_its_number(pub, words):
    with pytest.raises(RequestError, match=f"^pub 1: .*({words})"):
        estimates([(QuantumCircuit(1), "Z"), pub])


@pytest.mark.parametrize("pub", [3, (3, "Z"), (3, "Z", [1]), (QuantumCircuit(1), 3)])
def test_a_pub_of_wrong_types_is_a_type_error(pub):
    with pytest.raises(TypeError, match=r"^pub 0: "):
        estimates([pub])


@pytest.mark.parametrize(
    ("pub", "words"),
    [
        ((rotations("a", "b"), [1, 2, 3]), "Length of|number of values"),
        ((rotations("a"), [np.nan]), "parameter 'a'"),
        ((rotations("a"), [1], 0), "shots must be positive"),
        ((rotations("a"), [1], -5), "shots must be positive"),
        ((rotations("a"), [1], MAX_SHOTS + 1), "expected at most"),
    ],
)
def test_an_inconsistent_sampler_pub_is_refused_by_its_number(pub, words):
    with pytest.raises(RequestError, match=f"^pub 0: .*({words})"):
        samples([pub])


@pytest.mark.parametrize("shots", [0.5, True, "many"])
def test_shots_that_are_no_integer_are_a_type_error(shots):
    with pytest.raises(TypeError, match="pub 0: shots must be an integer"):
        samples([(rotations("a"), [1], shots)])


def test_what_is_no_iterable_is_refused():
    with pytest.raises(TypeError, match="pubs: found int, expected an iterable"):
        estimates(3)


@pytest.mark.parametrize(
    ("circuit", "words"),
    [(QuantumCircuit(1), "its result is empty"), (QuantumCircuit(1, 1), "every bit .* is 0")],
)
def test_a_sampler_is_told_of_a_circuit_that_measures_nothing(circuit, words):
    said = []
    samples([circuit], warn=said.append)
    assert re.search(words, *said)


def test_measurements_inside_of_control_flow_and_boxes_count():
    inner = QuantumCircuit(1, 1)
    inner.measure(0, 0)
    boxed, branched = QuantumCircuit(1, 1), QuantumCircuit(1, 1)
    boxed.append(inner.to_instruction(), [0], [0])
    with branched.if_test((0, 0)):
        branched.measure(0, 0)
    assert has_measurements(boxed)
    assert has_measurements(branched)


def test_a_circuit_of_many_parameters_keeps_their_order():
    angles = ParameterVector("a", 12)
    circuit = QuantumCircuit(1)
    for angle in angles:
        circuit.rx(angle, 0)
    pub = estimates([(circuit, "Z", {angles: np.arange(12)})]).pubs[0]
    np.testing.assert_array_equal(pub.parameters, np.arange(12))
