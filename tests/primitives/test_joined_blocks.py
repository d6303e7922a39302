"""Blocks put together where nothing is random: the same rows, and the same bits."""

import numpy as np

from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives.blocks import MAX_ROWS, joined_blocks
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble

from .requests import ansatz, estimator_request


def exact_request(rows=1000, observables=("ZZ", "XX")):
    values = np.random.default_rng(0).normal(size=(rows, 1, 2))
    return estimator_request([ansatz()], [(0, list(observables), values, 0.0)])


def test_rows_are_all_there_once():
    pubs = [(0, "ZZ", np.zeros((rows, 2)), p) for rows, p in [(900, 0.0)]]
    workload = expand(
        estimator_request([ansatz(), ansatz(3)], [*pubs, (1, "ZZZ", np.zeros((300, 3)), 0.0)])
    )

    joined = joined_blocks(workload)

    assert len(workload.blocks) > len(joined.blocks) == 2
    assert [block.index for block in joined.blocks] == [0, 1]
    assert [(block.program, block.start, block.stop) for block in joined.blocks] == [
        (0, 0, 900),
        (1, 0, 300),
    ]


def test_blocks_are_not_joined_without_end():
    workload = joined_blocks(expand(exact_request(50_000, ["ZZ"])))
    sizes = [block.stop - block.start for block in workload.blocks]
    assert sum(sizes) == 50_000
    assert max(sizes) <= MAX_ROWS
    assert len(sizes) == 4


def test_blocks_with_shots_stay_as_they_are():
    request = estimator_request([ansatz()], [(0, "ZZ", np.zeros((500, 2)), 0.1)])
    workload = expand(request)
    assert joined_blocks(workload).blocks == workload.blocks


def test_values_have_the_same_bits():
    request = exact_request()
    workload = expand(request)

    def evs(laid_out):
        engine = make_engine(request, laid_out, Slot())
        outcomes = [engine.run(block) for block in laid_out.blocks]
        return assemble(request, laid_out, outcomes)[0].data.evs

    assert np.array_equal(evs(workload), evs(joined_blocks(workload)))
