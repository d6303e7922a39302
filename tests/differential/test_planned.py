"""What a plan counts of any request is what its blocks then bring back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister

from shoal.orchestrator.plan import plan_of
from shoal.primitives.expansion import expand
from tests.differential.running import random_terms, run_blocks
from tests.primitives.requests import ansatz, estimator_request, sampler_request

SHAPES = st.sampled_from([(), (1,), (3,), (0,), (2, 1), (2, 3)])


@st.composite
def estimator_requests(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    circuits, pubs = [], []
    for number in range(draw(st.integers(1, 3))):
        width = draw(st.integers(1, 9))
        circuits.append(ansatz(width))
        terms = random_terms(width, draw(st.integers(1, 6)), rng)
        observables = [[{term: 1.0, "I" * width: 0.5}] for term in terms]
        values = rng.uniform(-3, 3, (*draw(SHAPES), 1, width))
        pubs.append((number, observables, values[..., None, :], draw(PRECISIONS)))
    return estimator_request(circuits, pubs)


@st.composite
def sampler_requests(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    circuits, pubs = [], []
    for number in range(draw(st.integers(1, 3))):
        width = draw(st.integers(1, 9))
        circuit = ansatz(width)
        circuit.measure_all()
        circuit.add_register(ClassicalRegister(draw(st.integers(1, 12)), "idle"))
        circuits.append(circuit)
        values = rng.uniform(-3, 3, (*draw(SHAPES), width))
        pubs.append((number, values, draw(st.integers(1, 40))))
    return sampler_request(circuits, pubs)


PRECISIONS = st.sampled_from([0.0, 1.0, 0.3, 0.11])


@settings(max_examples=60)
@given(request=st.one_of(estimator_requests(), sampler_requests()))
def test_the_plan_of_any_request_is_what_runs(request):
    plan = plan_of(expand(request))

    outcomes = run_blocks(request)

    shots = [entry for one in outcomes for entry in one.shots]
    values = [entry for one in outcomes for entry in one.values]
    drawn = [one.rows.size if one.counts is None else int(one.counts.sum()) for one in shots]
    widths = [sum(bits.shape[1] for bits in one.bits.values()) for one in shots]
    circuits = {(one.variant, row) for one in (*shots, *values) for row in one.rows.tolist()}
    assert plan.blocks == len(outcomes)
    assert plan.circuits == len(circuits)
    assert plan.shots == sum(drawn)
    assert plan.shot_bytes == sum(n * width for n, width in zip(drawn, widths, strict=True))
    assert plan.value_bytes == sum(one.values.nbytes for one in values)
