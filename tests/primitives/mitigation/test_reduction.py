"""The mitigated reduce is a fold: any order of outcomes, and any sharding, give the same bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives import blocks
from shoal.primitives.errors import ShoalError
from shoal.primitives.expansion import expand
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.results import assemble

from .test_mitigated_estimator import ghz
from .test_rereduce import noise

PLANS = {
    "level 2": {"resilience_level": 2},
    "local inverse": {
        "resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False}
    },
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
    return asked, workload, [engine.run(block) for block in workload.blocks]


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


@pytest.mark.parametrize("executed", ["level 2"], indirect=True)
@pytest.mark.parametrize("start", [3, 31])
def test_missing_randomizations_are_an_error(executed, start):
    asked, workload, outcomes = executed
    kept = [one for one in outcomes if workload.blocks[one.block].start != start]
    with pytest.raises(ShoalError, match="are missing"):
        assemble(asked, workload, kept)
