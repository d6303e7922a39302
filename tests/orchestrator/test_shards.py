"""Sizes of shards: by cost, bounded, smaller towards the end."""

import numpy as np
import pytest

from shoal.orchestrator.costs import Pace, block_costs
from shoal.orchestrator.shards import ShardSizes, blocks_that_fit, target_seconds
from shoal.primitives.expansion import expand
from tests.primitives.requests import ansatz, estimator_request, sampler_request

ONE_SECOND_EACH, ONE_BYTE_EACH = np.ones(100), np.ones(100)


def fitting(target: float, seconds_left: float | None = None, **sizes: float) -> int:
    return blocks_that_fit(
        ONE_SECOND_EACH,
        ONE_BYTE_EACH,
        target=target,
        seconds_left=seconds_left,
        sizes=ShardSizes(**sizes),
    )


def test_a_shard_takes_about_its_target() -> None:
    assert fitting(7.5) == 7


def test_a_shard_has_at_least_one_block() -> None:
    assert fitting(0.001) == 1


def test_a_shard_is_bounded_by_the_memory_of_its_outcomes() -> None:
    assert fitting(50.0, max_bytes=3.0) == 3


@pytest.mark.parametrize("blocks", [1, 8, 64])
def test_a_shard_has_as_many_blocks_as_is_said(blocks: int) -> None:
    assert fitting(1.0, blocks=blocks) == blocks


def test_a_shard_ends_before_its_worker_is_taken_away() -> None:
    assert fitting(50.0, seconds_left=4.5) == 4


def test_nothing_is_started_that_cannot_end_in_time() -> None:
    assert fitting(50.0, seconds_left=0.5) == 0


def test_targets_shrink_towards_the_end() -> None:
    sizes = ShardSizes()
    targets = [target_seconds(left, 4, sizes) for left in (1e6, 1e3, 100.0, 10.0, 1.0, 0.01)]
    assert targets == sorted(targets, reverse=True)
    assert targets[0] == sizes.max_seconds


def test_a_small_job_is_shared_by_all_workers() -> None:
    assert target_seconds(1.6, 4, ShardSizes()) == pytest.approx(0.1)


def test_first_shards_are_small_as_long_as_nothing_is_measured() -> None:
    assert target_seconds(0.016, 1, ShardSizes(), is_pace_known=False) == pytest.approx(0.001)


def test_sizes_without_a_block_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one block"):
        ShardSizes(blocks=0)


def test_costs_count_what_the_workload_counts(rng: np.random.Generator) -> None:
    circuit = ansatz(3)
    pubs = [
        (0, [["ZZI"], ["XXX"]], rng.random((1, 300, 3)), 0.1),
        (0, ["IIZ"], rng.random((5, 1, 3)), 0.0),
    ]
    workload = expand(estimator_request([circuit], pubs))
    costs = block_costs(workload)
    assert costs.evaluations.sum() == workload.circuits_executed()
    assert costs.shots.sum() == workload.shots_drawn()
    assert (costs.seconds > 0).all()
    assert (costs.num_bytes > 0).all()


def test_costs_of_blocks_that_share_rows_add_up() -> None:
    circuit = ansatz(24)
    circuit.measure_all()
    workload = expand(sampler_request([circuit], [(0, np.zeros((2, 24)), 10_000_000)]))
    costs = block_costs(workload)
    assert workload.blocks[0].slices > 1
    assert costs.evaluations.sum() == workload.circuits_executed() == 2
    assert costs.shots.sum() == workload.shots_drawn()


def test_pace_follows_what_is_measured() -> None:
    pace = Pace()
    assert pace.expect(3.0) == 3.0
    for _ in range(200):
        pace = pace.after(1.0, 5.0)
    assert pace.expect(3.0) == pytest.approx(15.0)
