import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from tests.cluster.engines.test_contract import content
from tests.primitives.requests import estimator_request, sampler_request

from shoal.cluster.engines.choice import check, make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import EngineError, UnsupportedError
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble

ON_AER = {"execution": {"engine": "aer"}}


def brickwork(width: int, layers: int) -> QuantumCircuit:
    angles = ParameterVector("t", 3)
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.ry(angles[qubit % 3], qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.rzz(angles[(qubit + 1) % 3], qubit, qubit + 1)
    return circuit


def label(width: int, **letters: str) -> str:
    """A term with some letters, by qubits named q0, q1, ..."""
    return "".join(letters.get(f"q{qubit}", "I") for qubit in reversed(range(width)))


def outcomes(request, threads: int):
    workload = expand(request)
    engine = make_engine(request, workload, Slot(threads))
    return [engine.run(block) for block in workload.blocks]


ROWS = np.array([[0.3, 0.7, 1.1], [1.0, -0.4, 2.2]])


@pytest.mark.parametrize(
    ("width", "options"),
    [
        (15, ON_AER),
        (15, {**ON_AER, "simulator": {"precision": "single"}}),
        (24, {"simulator": {"method": "matrix_product_state"}}),
    ],
    ids=["double", "single", "mps"],
)
@pytest.mark.parametrize("precision", [0.0, 0.1])
def test_threads_of_one_wide_state(width, options, precision):
    terms = [label(width, q0="Z", q1="Z"), label(width, q3="X", q9="Y"), label(width, q5="1")]
    observables = [{term: 1.0} for term in terms]
    pub = (0, observables, ROWS[:, None], precision)
    request = estimator_request([brickwork(width, 3)], [pub], **options)

    one, three = outcomes(request, 1), outcomes(request, 3)

    assert list(map(content, one)) == list(map(content, three))


def test_threads_of_wide_trajectories():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry"])
    circuit = brickwork(15, 2)
    circuit.measure_all()
    request = sampler_request(
        [circuit],
        [(0, ROWS[:1], 6)],
        simulator={"noise_model": model, "method": "statevector"},
    )

    one, three = outcomes(request, 1), outcomes(request, 3)

    assert list(map(content, one)) == list(map(content, three))


def test_shallow_circuits_on_127_qubits():
    width = 127
    circuit = brickwork(width, 2)
    terms = [label(width, q0="Z"), label(width, q60="X", q61="Z"), label(width, q126="0")]
    observables = [{term: 1.0} for term in terms]
    pubs = [(0, observables, ROWS[:, None], precision) for precision in (0.0, 0.04)]
    request = estimator_request([circuit], pubs)
    workload = expand(request)

    exact, drawn = assemble(request, workload, outcomes(request, 2))

    # What two layers reach from a term is a light cone of a few qubits.
    small = brickwork(13, 2)
    cone = [label(13, q0="Z"), label(13, q6="X", q7="Z"), label(13, q12="0")]
    pub = (0, [{term: 1.0} for term in cone], ROWS[:, None], 0.0)
    near = estimator_request([small], [pub])
    wanted = assemble(near, expand(near), outcomes(near, 1))[0].data.evs
    np.testing.assert_allclose(exact.data.evs, wanted, atol=1e-8)
    assert np.all(np.abs(drawn.data.evs - exact.data.evs) <= 5 * np.maximum(drawn.data.stds, 1e-9))
    assert exact.metadata["shoal"]["method"] == "matrix_product_state"


def test_single_precision_is_near_double():
    pub = (0, [{label(15, q0="Z", q1="Z"): 1.0}], ROWS, 0.0)
    circuit = brickwork(15, 3)
    single = estimator_request([circuit], [pub], **ON_AER, simulator={"precision": "single"})
    double = estimator_request([circuit], [pub], **ON_AER)

    found, wanted = (
        assemble(one, expand(one), outcomes(one, 2))[0].data.evs for one in (single, double)
    )

    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert not np.array_equal(found, wanted)


def test_confused_values_of_matrix_product_states(rng):
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    circuit = brickwork(4, 2)
    observables = [{"ZZII": 1.0}, {"X0IY": 1.0}, {"-1rl": 1.0}]
    pub = (0, observables, ROWS[:, None], 0.0)

    found, wanted = (
        assemble(request, expand(request), outcomes(request, 1))[0].data.evs
        for request in (
            estimator_request([circuit], [pub], simulator={"noise_model": model, "method": method})
            for method in ("matrix_product_state", "statevector")
        )
    )

    np.testing.assert_allclose(found, wanted, atol=1e-10)


def test_too_many_projectors_for_a_matrix_product_state():
    pub = (0, [{"0" * 40: 1.0}], ROWS, 0.0)
    request = estimator_request([brickwork(40, 1)], [pub], **ON_AER)

    with pytest.raises(UnsupportedError, match="is a sum of 1099511627776 Pauli products"):
        check(request, expand(request))


def test_an_aer_without_gpus_says_so_and_what_could_run_it():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    request = estimator_request([circuit], [(0, ["Z"], [], 0.0)], simulator={"device": "GPU"})
    if "GPU" in AerSimulator().available_devices():
        pytest.skip("Aer was built for GPUs")

    wanted = "pub 0, rows 0 to 0: device 'GPU' was asked for, .* use device 'CPU', or workers"
    with pytest.raises(EngineError, match=wanted):
        outcomes(request, 1)


def test_memory_is_checked_where_it_is_used():
    pub = (0, [{"Z" * 22: 1.0}], ROWS, 0.0)
    request = estimator_request([brickwork(22, 1)], [pub], **ON_AER)
    workload = expand(request)
    engine = make_engine(request, workload, Slot(1, memory_bytes=1 << 20))

    with pytest.raises(EngineError, match="22 qubits need 64 MiB as a statevector; the slot has 1"):
        engine.run(workload.blocks[0])


def test_many_shots_of_trajectories_are_drawn_in_several_calls(rng):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["id"])
    circuit = QuantumCircuit(1)
    circuit.id(0)
    circuit.measure_all()
    request = sampler_request(
        [circuit], [(0, [], 9000)], simulator={"noise_model": model, "method": "statevector"}
    )

    [outcome] = outcomes(request, 1)

    [shots] = outcome.shots
    assert shots.counts.sum() == 9000
    ones = shots.counts[shots.bits["meas"][:, 0] == 1].sum()
    assert abs(ones - 2250) < 5 * np.sqrt(9000 * 0.25 * 0.75)


def test_values_agree_with_operators():
    circuit = brickwork(6, 3)
    observable = {"XXIIII": 0.5, "IIZZII": -1.0, "YIIIIY": 2.0}
    request = estimator_request([circuit], [(0, [observable], ROWS[:, None], 0.0)], **ON_AER)

    found = assemble(request, expand(request), outcomes(request, 1))[0].data.evs[:, 0]

    from tests.reference import state_of

    operator = SparsePauliOp(list(observable), list(observable.values()))
    wanted = [state_of(circuit, row).expectation_value(operator).real for row in ROWS]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("covered", [range(9), [4], [0, 8]])
def test_values_on_few_qubits_of_matrix_product_states(covered):
    circuit = brickwork(9, 3)
    observables = [{label(9, **{f"q{qubit}": "Z"}): 1.0} for qubit in covered]
    pub = (0, observables, ROWS[:, None], 0.0)
    asked = [
        estimator_request([circuit], [pub], simulator={"method": method}, **ON_AER)
        for method in ("matrix_product_state", "statevector")
    ]

    found, wanted = (assemble(one, expand(one), outcomes(one, 1))[0].data.evs for one in asked)

    np.testing.assert_allclose(found, wanted, atol=1e-8)
