import copy
import math
import pickle
import threading

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.primitives import BaseEstimatorV2, PrimitiveResult, PubResult, StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from shoal.primitives import Estimator
from shoal.primitives.errors import RequestError, UnsupportedError

PROJECTORS = ("II", "0I", "1Z", "+-", "rl", "ZX")


def ansatz():
    return real_amplitudes(2, reps=2)


def exact(*pub):
    return StatevectorEstimator().run([pub]).result()[0].data.evs


def estimate(*pub, **options):
    return Estimator(options=options).run([pub]).result()[0].data


def test_an_estimator_is_qiskits():
    result = Estimator().run([(ansatz(), "ZZ", [0.1] * 6)]).result()
    assert isinstance(Estimator(), BaseEstimatorV2)
    assert isinstance(result, PrimitiveResult)
    assert isinstance(result[0], PubResult)
    assert result.metadata == {"version": 2}


def test_metadata_says_what_was_asked_and_what_ran():
    circuit = QuantumCircuit(1, metadata={"a": 1})
    first, second = Estimator().run([(circuit, "Z"), (circuit, "Z", None, 0.1)]).result()
    assert first.metadata["circuit_metadata"] == {"a": 1}
    assert first.metadata["target_precision"] == 0
    assert "shots" not in first.metadata
    assert second.metadata["target_precision"] == 0.1
    assert second.metadata["shots"] == 100
    assert {"engine", "method"} <= set(second.metadata["shoal"])


@pytest.mark.parametrize(
    ("observables", "values"),
    [
        ("ZZ", (6,)),
        ("ZZ", (4, 6)),
        (["ZZ", "XX"], (6,)),
        (["ZZ", "XX"], (2, 6)),
        ([["ZZ"], ["XX"], ["YI"]], (4, 6)),
        ([["ZZ", "XX"]], (3, 2, 6)),
        ([["ZZ", "XX"], ["IZ", "ZI"]], (3, 1, 1, 6)),
        (["ZZ"], (0, 6)),
    ],
)
def test_shapes_broadcast_as_qiskit_defines_them(observables, values, rng):
    pub = (ansatz(), observables, rng.uniform(-3, 3, values))
    found, wanted = estimate(*pub).evs, exact(*pub)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-10)


def test_exact_values_have_no_error_bar():
    assert estimate(ansatz(), ["ZZ", "XX"], [0.3] * 6).stds.tolist() == [0, 0]


def test_real_shots_spread_as_their_error_bars_say(rng):
    angles = rng.uniform(-3, 3, (40, 1, 6))
    observables = [{"ZZ": 1.0, "XX": 0.5, "YI": -0.3}, {"IX": 2.0, "II": 1.0}]
    found = estimate(ansatz(), observables, angles, default_precision=0.05, seed=1)
    pulls = (found.evs - exact(ansatz(), observables, angles)) / found.stds
    # 80 pulls: their root mean square lies within 5 of its own standard errors of 1.
    assert abs(math.sqrt(np.mean(pulls**2)) - 1) < 5 / math.sqrt(2 * pulls.size)


def test_projectors_are_observables(rng):
    angles = rng.uniform(-3, 3, 6)
    operator = SparseObservable.from_list([(label, 0.5 + k) for k, label in enumerate(PROJECTORS)])
    wanted = exact(ansatz(), SparsePauliOp.from_sparse_observable(operator), angles)
    assert estimate(ansatz(), operator, angles).evs == pytest.approx(wanted, abs=1e-10)
    sampled = estimate(ansatz(), operator, angles, default_precision=0.02, seed=2)
    assert abs(sampled.evs - wanted) < 5 * sampled.stds


def test_boxed_and_library_gates_need_no_translation_by_the_user(rng):
    boxed = QuantumCircuit(3)
    boxed.append(efficient_su2(2, reps=1).to_gate(), [2, 0])
    boxed.append(efficient_su2(2, reps=1, parameter_prefix="b").to_gate().control(1), [1, 0, 2])
    angles = rng.uniform(-3, 3, boxed.num_parameters)
    pub = (boxed, ["ZZZ", "XYZ"], angles)
    np.testing.assert_allclose(estimate(*pub).evs, exact(*pub), atol=1e-10)


def test_many_one_point_pubs_of_one_circuit(rng):
    circuit = ansatz()
    angles = rng.uniform(-3, 3, (50, 6))
    result = Estimator().run([(circuit, "ZX", row) for row in angles]).result()
    found = [one.data.evs.item() for one in result]
    np.testing.assert_allclose(found, exact(circuit, "ZX", angles), atol=1e-10)


def test_pubs_of_different_circuits_and_precisions_keep_their_order(rng):
    pubs = [
        (ansatz(), "ZZ", rng.uniform(-3, 3, 6)),
        (QuantumCircuit(3), "ZZZ"),
        (ansatz(), "XX", rng.uniform(-3, 3, (2, 6)), 0.1),
        (ansatz(), "ZZ", rng.uniform(-3, 3, 6)),
    ]
    result = Estimator().run(pubs).result()
    assert [one.metadata["target_precision"] for one in result] == [0, 0, 0.1, 0]
    for number in (0, 1, 3):
        wanted = exact(*pubs[number])
        np.testing.assert_allclose(result[number].data.evs, wanted, atol=1e-10)


def test_no_pubs_are_no_results():
    assert len(Estimator().run([]).result()) == 0


def test_a_constant_needs_no_circuit_to_run():
    found = estimate(ansatz(), {"II": 2.5}, [0.1] * 6, default_precision=0.1)
    assert (found.evs, found.stds) == (2.5, 0)


def test_a_circuit_without_qubits_acted_on_is_the_zero_state():
    assert estimate(QuantumCircuit(2), ["ZI", "0Z", "1I", "XX"]).evs.tolist() == [1, 1, 0, 0]


def test_measurements_at_the_end_change_no_diagonal_term():
    circuit = ansatz()
    circuit.measure_all()
    angles = [0.3] * 6
    wanted = exact(ansatz(), ["ZZ", "IZ"], angles)
    np.testing.assert_allclose(estimate(circuit, ["ZZ", "IZ"], angles).evs, wanted, atol=1e-10)


def test_measurements_on_the_way_act_on_the_state():
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    found = estimate(circuit, ["IX", "XX", "ZZ"], default_precision=0.02, seed=3)
    assert (np.abs(found.evs - [0, 0, 1]) <= 5 * found.stds).all()


def test_the_same_seed_gives_the_same_estimates():
    pub = (ansatz(), ["ZZ", "XX"], [0.3] * 6)
    estimator = Estimator(options={"seed": 5, "default_precision": 0.1})
    first, second = (estimator.run([pub]).result()[0].data.evs for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_no_seed_gives_other_estimates():
    pub = (ansatz(), ["ZZ", "XX"], [0.3] * 6)
    estimator = Estimator(options={"default_precision": 0.1})
    first, second = (estimator.run([pub]).result()[0].data.evs for _ in range(2))
    assert (first != second).any()


def test_a_precision_of_the_call_stands_before_the_default():
    estimator = Estimator(options={"default_precision": 0.1})
    run = estimator.run([(QuantumCircuit(1), "Z")], precision=0.5)
    assert run.result()[0].metadata["target_precision"] == 0.5


@pytest.mark.parametrize(
    ("options", "precision"),
    [({}, 0), ({"default_precision": 0.1}, 0.1), ({"default_shots": 4096}, 0.015625)],
)
def test_the_default_precision_is_resolved(options, precision):
    assert Estimator(options=options).default_precision == precision


def test_shots_that_are_asked_for_are_drawn():
    result = Estimator(options={"default_shots": 777}).run([(QuantumCircuit(1), "Z")]).result()
    assert result[0].metadata["shots"] == 777


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_an_estimator_copies_and_pickles(copied):
    estimator = Estimator(options={"seed": 5, "default_precision": 0.1})
    pub = (ansatz(), "ZX", [0.3] * 6)
    again = copied(estimator)
    assert again.options == estimator.options
    assert again.run([pub]).result()[0].data.evs == estimator.run([pub]).result()[0].data.evs


def test_a_method_may_be_wrapped():
    estimator = Estimator()
    run, calls = estimator.run, []

    def wrapper(pubs, **more):
        calls.append(pubs)
        return run(pubs, **more)

    estimator.run = wrapper
    estimator.run([(QuantumCircuit(1), "Z")]).result()
    assert len(calls) == 1


def test_several_threads_share_an_estimator(rng):
    estimator = Estimator()
    circuit = ansatz()
    angles = rng.uniform(-3, 3, (8, 6))
    found = {}

    def work(number):
        found[number] = estimator.run([(circuit, "ZX", angles[number])]).result()[0].data.evs

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(250)
    wanted = exact(circuit, "ZX", angles)
    np.testing.assert_allclose([found[n] for n in range(8)], wanted, atol=1e-10)


def test_a_circuit_may_be_changed_once_run_has_returned():
    circuit = QuantumCircuit(1)
    job = Estimator().run([(circuit, "Z")])
    circuit.x(0)
    assert job.result()[0].data.evs == 1


@pytest.mark.parametrize("precision", [-0.1, float("nan"), float("inf")])
def test_an_impossible_precision_is_refused_at_run(precision):
    with pytest.raises(RequestError, match=r"pub 0: precision"):
        Estimator().run([(QuantumCircuit(1), "Z")], precision=precision)


def test_what_is_not_built_yet_is_refused_at_run():
    estimator = Estimator(options={"dynamical_decoupling": {"enable": True}})
    with pytest.raises(UnsupportedError, match=r"dynamical_decoupling.enable=True"):
        estimator.run([(QuantumCircuit(1), "Z")])


def test_an_unknown_engine_is_refused_at_run():
    estimator = Estimator(options={"execution": {"engine": "abacus"}})
    with pytest.raises(UnsupportedError, match="abacus"):
        estimator.run([(QuantumCircuit(1), "Z")])


@pytest.mark.parametrize("mode", [3, "local", Estimator])
def test_a_mode_that_can_run_nothing_is_refused(mode):
    with pytest.raises(TypeError, match=r"mode: found .*expected None .*BackendV2"):
        Estimator(mode)


def test_parameters_of_expressions_are_in_the_circuits_order():
    b, a = Parameter("b"), Parameter("a")
    circuit = QuantumCircuit(1)
    circuit.ry(b - 2 * a, 0)
    assert estimate(circuit, "Z", [0.1, 0.5]).evs == pytest.approx(math.cos(0.5 - 0.2))
