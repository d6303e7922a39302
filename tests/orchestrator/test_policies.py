"""Decisions about retries, leases and backups: numbers in, a decision out."""

import pytest

from shoal.orchestrator.policies import (
    Policy,
    Tries,
    allowed_seconds,
    give_up_reason,
    lease_seconds,
)

POLICY = Policy()


@pytest.mark.parametrize(
    ("tries", "is_alone"),
    [
        (Tries(losses=7), True),
        (Tries(losses=1000), False),
        (Tries(node_losses=99), True),
        (Tries(crashes=2), True),
    ],
)
def test_what_may_be_bad_luck_is_tried_again(tries: Tries, is_alone: bool) -> None:
    assert give_up_reason(tries, is_alone, POLICY) is None


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        (Tries(losses=8), "8 workers died"),
        (Tries(node_losses=100), "100 nodes were lost"),
        (Tries(crashes=3), "failed 3 times"),
    ],
)
def test_what_cannot_be_bad_luck_any_more_is_given_up(tries: Tries, words: str) -> None:
    assert words in (give_up_reason(tries, True, POLICY) or "")


def test_tries_add_up() -> None:
    assert Tries(1, 2, 3) + Tries() == Tries(1, 2, 3)
    assert Tries(1, 2, 3) + Tries(4, 5, 6) == Tries(5, 7, 9)


@pytest.mark.parametrize(
    ("expected", "earlier", "patience"), [(0.1, 0, 60.0), (30.0, 0, 300.0), (0.1, 3, 480.0)]
)
def test_patience_grows_with_the_work_and_with_each_lease(
    expected: float, earlier: int, patience: float
) -> None:
    assert lease_seconds(expected, earlier, POLICY) == patience


@pytest.mark.parametrize(("now", "is_late"), [(11.9, False), (12.1, False), (20.1, True)])
def test_a_shard_of_ten_seconds_is_late_after_twenty(now: float, is_late: bool) -> None:
    assert (now > allowed_seconds(10.0, POLICY)) is is_late


def test_a_tiny_shard_is_not_late_within_a_second() -> None:
    assert allowed_seconds(0.001, POLICY) > 0.9
