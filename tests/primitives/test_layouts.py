"""A layout that is used again is the one that would have been made."""

from dataclasses import replace

import numpy as np
import pytest

from shoal.primitives import Estimator, Sampler
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.expansion import expand
from shoal.primitives.layouts import MAX_ELEMENTS, MAX_NUMBERS
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.request import Request

from .requests import ansatz, estimator_request

OPTIONS = EstimatorOptions()


def request_of(pubs, seed=7, options=OPTIONS) -> Request:
    plain = estimator_request([ansatz()], pubs, seed)
    return Request("estimator", plain.circuits, plain.digests, plain.pubs, options, seed)


def content(workload):
    return (
        [(p.digest, p.parameters.tolist(), p.engine) for p in workload.programs],
        [(v.program, v.basis, v.terms, v.shots) for v in workload.variants],
        workload.blocks,
        workload.observables,
        [(g.program, g.rows.tolist(), g.observables, g.variants) for g in workload.groups],
        [(p.shape, p.program, p.rows.tolist(), p.observables.tolist()) for p in workload.pubs],
        workload.costs,
    )


PUBS = {
    "one row": lambda v: [(0, "ZZ", v[0], 0.0)],
    "rows": lambda v: [(0, ["ZZ", "XX"], v[:, None], 0.0)],
    "shots": lambda v: [(0, ["ZZ", "XX"], v[:, None], 0.1)],
    "pairs": lambda v: [(0, ["ZZ", "XX", "II", "ZI"], v, 0.0)],
    "pubs": lambda v: [(0, "ZZ", v[0], 0.0), (0, "XX", v[1:], 0.1), (0, "XX", v[0], 0.0)],
}


@pytest.mark.parametrize("name", PUBS)
def test_parameters_are_put_into_a_known_layout(name):
    one, other = (np.random.default_rng(seed).normal(size=(4, 2)) for seed in (1, 2))
    first = expand(request_of(PUBS[name](one)))
    second = expand(request_of(PUBS[name](other)))

    fresh = expand(request_of(PUBS[name](other), options=EstimatorOptions()))

    assert second.variants is first.variants
    assert fresh.variants is not first.variants
    assert content(second) == content(fresh) != content(first)


def test_other_requests_have_layouts_of_their_own():
    values = np.zeros((4, 2))
    known = expand(request_of([(0, "ZZ", values, 0.0)]))
    for pub in [(0, "XX", values, 0.0), (0, "ZZ", values[:3], 0.0), (0, "ZZ", values, 0.1)]:
        assert expand(request_of([pub])).variants is not known.variants


@pytest.mark.parametrize(
    ("num_qubits", "rows"), [(2, MAX_ELEMENTS + 1), (40, MAX_NUMBERS // 40 + 1)]
)
def test_large_requests_are_not_held(num_qubits, rows):
    plain = estimator_request(
        [ansatz(num_qubits)], [(0, "Z" * num_qubits, np.zeros((rows, num_qubits)), 0)]
    )
    request = Request("estimator", plain.circuits, plain.digests, plain.pubs, OPTIONS, plain.seed)
    assert expand(request).variants is not expand(request).variants


def test_stages_that_share_shots_out_differently_have_layouts_of_their_own():
    (pub,) = request_of([(0, ["ZZ", "XX"], np.zeros((4, 1, 2)), 0.1)]).pubs
    plain = request_of([])
    circuits, digests = (ansatz(),), (circuit_digest(ansatz()),)
    shots = [
        [
            variant.shots
            for variant in expand(
                Request(
                    "estimator",
                    circuits,
                    digests,
                    (replace(pub, basis_shots=(wanted,)),),
                    plain.options,
                    plain.seed,
                )
            ).variants
        ]
        for wanted in ((30, 40), (50, 60))
    ]
    assert shots == [[30, 40], [50, 60]]


def test_an_optimiser_gets_the_values_of_its_own_parameters(rng):
    estimator, again = Estimator(), ansatz()
    for _ in range(3):
        values = rng.normal(size=(5, 2))
        pub = (again, ["ZZ", "XX"], values[:, None])
        found = estimator.run([pub]).result()[0].data.evs
        assert np.array_equal(found, Estimator().run([pub]).result()[0].data.evs)


def test_a_circuit_that_was_changed_is_not_taken_for_the_one_before():
    circuit, estimator = ansatz(), Estimator()
    values = np.array([0.3, 0.4])
    before = estimator.run([(circuit, "ZI", values)]).result()[0].data.evs
    circuit.x(1)
    after = estimator.run([(circuit, "ZI", values)]).result()[0].data.evs
    assert after == pytest.approx(-before)


def test_shots_of_a_known_layout_follow_the_seed():
    circuit = ansatz()
    circuit.measure_all()
    pub = (circuit, np.array([0.3, 0.4]))
    samplers = [Sampler(options={"seed": seed}) for seed in (1, 2)]
    found = [
        [one.run([pub], shots=200).result()[0].data.meas.get_bitstrings() for _ in range(2)]
        for one in samplers
    ]
    assert found[0][0] == found[0][1] != found[1][0] == found[1][1]
