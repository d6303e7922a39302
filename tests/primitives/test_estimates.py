"""Estimates against Qiskit's exact values, and error bars against the spread that they claim."""

import numpy as np
import pytest
from qiskit.primitives.containers.observables_array import ObservablesArray

from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble

from ..reference import ReferenceEngine, expectation, state_of
from .requests import ansatz, estimator_request

HYDROGEN = {"II": -1.05, "IZ": 0.39, "ZI": -0.39, "ZZ": -0.01, "XX": 0.18, "YY": 0.18}
SHAPES = [
    ((), ()),
    ((4,), ()),
    ((), (3,)),
    ((4,), (4,)),
    ((4, 1), (3,)),
    ((2, 1), (3, 1, 2)),
    ((4,), (1,)),
]


def run(request, seed=0):
    workload = expand(request)
    engine = ReferenceEngine(workload, seed)
    outcomes = [engine.run(block) for block in workload.blocks]
    return assemble(request, workload, outcomes)


def random_observables(rng, shape):
    flat = [
        {"".join(rng.choice(list("IXYZ01+-rl"), 2)): float(rng.normal()) for _ in range(3)}
        | {"ZZ": 1.0}
        for _ in range(int(np.prod(shape)))
    ]
    return np.array(flat, dtype=object).reshape(shape).tolist()


@pytest.mark.parametrize(("values_shape", "observables_shape"), SHAPES)
def test_exact_values_equal_qiskits(rng, values_shape, observables_shape):
    values = rng.normal(size=(*values_shape, 2))
    observables = random_observables(rng, observables_shape)
    result = run(estimator_request([ansatz()], [(0, observables, values, 0.0)]))
    elements = ObservablesArray.coerce(observables)
    sets = np.arange(int(np.prod(values_shape))).reshape(values_shape)
    sets, elements = np.broadcast_arrays(sets, elements)
    states = [state_of(ansatz(), row) for row in values.reshape(-1, 2)]
    expected = [
        sum(weight * expectation(states[number], term) for term, weight in observable.items())
        for number, observable in zip(sets.ravel(), elements.ravel(), strict=True)
    ]
    expected = np.reshape(expected, sets.shape)
    np.testing.assert_allclose(result[0].data.evs, expected, atol=1e-12)
    assert result[0].data.evs.shape == np.shape(expected)
    assert not result[0].data.stds.any()


@pytest.mark.parametrize(("values_shape", "observables_shape"), SHAPES)
def test_sampled_values_lie_within_five_sigma(rng, values_shape, observables_shape):
    values = rng.normal(size=(*values_shape, 2))
    observables = random_observables(rng, observables_shape)
    pubs = [(0, observables, values, precision) for precision in (0.0, 0.02)]
    exact, sampled = run(estimator_request([ansatz()], pubs))
    deviations = np.abs(sampled.data.evs - exact.data.evs)
    assert (deviations <= 5 * sampled.data.stds + 1e-9).all()


def test_error_bars_tell_the_spread_of_the_estimates():
    # ZI, IZ and ZZ are read from the same shots: without covariances the bar would be 40 % off.
    pub = (0, {"ZI": 1.0, "IZ": 1.0, "ZZ": -0.5, "XX": 0.7}, [0.8, 1.1], 0.1)
    request = estimator_request([ansatz()], [pub])
    replicas = [run(request, seed)[0].data for seed in range(300)]
    spread = np.std([float(replica.evs) for replica in replicas], ddof=1)
    reported = np.mean([float(replica.stds) for replica in replicas])
    assert 0.9 < reported / spread < 1.1


def test_a_single_term_has_the_binomial_error_bar():
    data = run(estimator_request([ansatz()], [(0, "ZI", [0.3, 0.4], 0.05)]))[0].data
    assert data.stds == pytest.approx(np.sqrt((1 - data.evs**2) / (400 - 1)))


def test_the_identity_is_known_exactly():
    data = run(estimator_request([ansatz()], [(0, {"II": 2.5}, [[0.3, 0.4]], 0.05)]))[0].data
    np.testing.assert_array_equal((data.evs, data.stds), ([2.5], [0.0]))


def test_the_order_of_blocks_does_not_matter(rng):
    values = np.linspace(0, 1, 600).reshape(300, 2)
    request = estimator_request([ansatz()], [(0, HYDROGEN, values, 0.3)])
    workload = expand(request)
    engine = ReferenceEngine(workload)
    outcomes = [engine.run(block) for block in workload.blocks]
    evs = assemble(request, workload, outcomes)[0].data.evs
    for _ in range(5):
        rng.shuffle(outcomes)
        np.testing.assert_array_equal(assemble(request, workload, outcomes)[0].data.evs, evs)
