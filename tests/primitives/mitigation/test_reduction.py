"""The mitigated reduce is a fold: any order of outcomes, and any sharding, give the same bits."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.orchestrator.reduce import blocks_ahead, partitions, reduce_blocks, reduce_partition
from shoal.primitives import Estimator, blocks
from shoal.primitives.errors import ShoalError
from shoal.primitives.expansion import expand
from shoal.primitives.mitigation import summed_variant
from shoal.primitives.mitigation.local_sums import LocalSums
from shoal.primitives.mitigation.resilience import resilience_of
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.results import assemble

from .test_mitigated_estimator import ghz
from .test_rereduce import noise

SUMMED = "local inverse of more strings than are held"
PLANS = {
    "level 2": {"resilience_level": 2},
    "local inverse": {
        "resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False}
    },
    SUMMED: {"resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False}},
    "zne": {"resilience": {"zne_mitigation": True}},
}  # fmt: skip


@pytest.fixture(scope="module", params=PLANS)
def executed(request):
    """A request in many blocks, and the outcome of each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "MAX_ROWS", 8)
        patch.setattr(blocks, "MIN_ROWS", 1)
        patch.setattr(blocks, "MAX_TABLE_ROWS", 6)
        options = {"seed": 2, "simulator": {"noise_model": noise()}, **PLANS[request.param]}
        pubs = [(ghz(3), [["ZZI"], ["XXX"]])]
        asked = estimator_request(pubs, 0.03, EstimatorOptions.coerce(options))
        workload = expand(asked)
    engine = make_engine(asked, workload, Slot())
    with pytest.MonkeyPatch.context() as patch:
        if request.param == SUMMED:
            patch.setattr(summed_variant, "MAX_STRING_BYTES", 0)
        yield asked, workload, [engine.run(block) for block in workload.blocks]


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_any_order_of_outcomes_gives_the_same_bits(executed, seed):
    asked, workload, outcomes = executed
    assert len(outcomes) > 5
    order = np.random.default_rng(seed).permutation(len(outcomes))
    first = assemble(asked, workload, outcomes)[0].data
    again = assemble(asked, workload, [outcomes[place] for place in order])[0].data
    for name, values in first.items():
        np.testing.assert_array_equal(again[name], values)


class Kept:
    """A store of outcomes that are at hand."""

    def __init__(self, outcomes):
        self.kept = outcomes

    def outcomes(self, numbers):
        return (self.kept[number] for number in numbers)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_parts_folded_elsewhere_give_the_same_bits(executed, size, rng):
    asked, workload, outcomes = executed
    plan, store = resilience_of(asked.options), Kept(outcomes)

    def elsewhere(_):
        parts = partitions(workload, size)
        for number in rng.permutation(len(parts)):
            partial = reduce_partition(workload, store, parts[number], plan)
            yield pickle.loads(pickle.dumps(partial))

    found = reduce_blocks(asked, workload, store, elsewhere)[0]
    expected = assemble(asked, workload, outcomes)[0]
    for name, values in expected.data.items():
        np.testing.assert_array_equal(found.data[name], values)
    assert found.metadata["shoal"] == expected.metadata["shoal"]


@pytest.mark.parametrize("executed", [SUMMED], indirect=True)
def test_no_part_holds_strings_where_these_may_be_many(executed):
    asked, workload, outcomes = executed
    plan, store = resilience_of(asked.options), Kept(outcomes)
    ahead = blocks_ahead(workload, plan)
    assert 0 < len(ahead) < len(outcomes)
    for part in partitions(workload, 1):
        store = Kept({number: outcomes[number] for number in {*part, *ahead}})
        folded = reduce_partition(workload, store, part, plan).folded
        kinds = {type(one) for parts in folded.variants.values() for one in parts}
        assert kinds == (set() if set(part) <= set(ahead) else {LocalSums})


@pytest.mark.parametrize("executed", ["level 2"], indirect=True)
@pytest.mark.parametrize("start", [3, 31])
def test_missing_randomizations_are_an_error(executed, start):
    asked, workload, outcomes = executed
    kept = [one for one in outcomes if workload.blocks[one.block].start != start]
    with pytest.raises(ShoalError, match="are missing"):
        assemble(asked, workload, kept)


def test_a_contrast_of_zero_leaves_no_value_and_says_so():
    model = NoiseModel()
    model.add_readout_error(ReadoutError([[0.5, 0.5], [0.5, 0.5]]), [0])
    options = {
        "seed": 3,
        "resilience_level": 1,
        "simulator": {"noise_model": model},
        "resilience": {"measure_noise_learning": {"shots_per_randomization": 2}},
        "twirling": {"num_randomizations": 4, "shots_per_randomization": 8},
    }
    pub = ghz(2), ["ZI", "IZ", "ZZ"]
    for seed in range(40):
        result = Estimator(options={**options, "seed": seed}).run([pub], precision=0.2).result()[0]
        evs, stds = result.data.evs, result.data.stds
        assert np.isfinite(evs[0])
        assert np.isfinite(stds[0])
        assert stds[1:].max() > 1
        if np.isnan(evs).any():
            assert np.isinf(stds[np.isnan(evs)]).all()
            assert "is not significantly other than 0" in result.metadata["resilience"]["unbounded"]
            break
    else:
        pytest.fail("no contrast was exactly 0 in 40 calibrations of 64 shots")
