"""What a driver keeps does not grow with time, whatever goes wrong; at large: benchmarks.scale."""

import pytest

from shoal.orchestrator.policies import Policy
from tests.orchestrator.simulated_fleet import Fleet, Look, run_fleet


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet(nodes=20, workers_a_node=16, shards=12_000, lost_nodes=0.5)


@pytest.fixture(scope="module")
def looks(fleet: Fleet) -> list[Look]:
    return list(run_fleet(fleet))


def test_what_is_out_is_bounded_by_the_workers(fleet: Fleet, looks: list[Look]) -> None:
    most = fleet.workers * Policy().max_in_flight
    for look in looks:
        assert look.records["leases"] <= most
        assert look.records["blocks that are out"] <= most
        assert look.records["workers with shards"] <= fleet.workers
        assert look.records["workers"] <= fleet.workers


def test_what_is_in_trouble_does_not_pile_up(fleet: Fleet, looks: list[Look]) -> None:
    most = fleet.workers * Policy().max_in_flight
    for look in looks:
        trouble = [look.records[f"blocks that {what}"] for what in ("failed", "were late")]
        assert sum(trouble) + look.records["shards that came back"] <= most


def test_at_the_end_nothing_is_left_but_second_runs(fleet: Fleet, looks: list[Look]) -> None:
    end = looks[-1].records
    assert looks[-1].done == 1.0
    assert end["blocks that failed"] == end["blocks that were late"] == 0
    assert end["shards that came back"] == 0
    assert end["leases"] <= fleet.workers
    # Lost replies, lost nodes and stragglers cost a few shards more; not a multiple.
    assert fleet.shards <= looks[-1].shards <= 1.1 * fleet.shards
