"""The ledger: which blocks wait, run, are committed, whatever order things happen in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shoal.orchestrator.costs import BlockCosts
from shoal.orchestrator.ledger import Ledger
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes


def costs_of(num_blocks: int, seconds: float = 1.0) -> BlockCosts:
    ones = np.ones(num_blocks)
    return BlockCosts(ones * seconds, ones, ones.astype(np.int64), ones.astype(np.int64))


def ledger_of(num_blocks: int, committed=(), blocks_a_shard: int = 1, **policy) -> Ledger:
    limits = Policy(sizes=ShardSizes(blocks=blocks_a_shard), **policy)
    return Ledger(costs_of(num_blocks), committed, limits)


def issue_all(ledger: Ledger, worker: str = "w", now: float = 0.0):
    shards = []
    while (shard := ledger.issue(worker, now, workers=1)) is not None:
        shards.append(shard)
    return shards


def test_only_uncommitted_blocks_are_issued_and_each_once() -> None:
    ledger = ledger_of(10, committed=[0, 3, 9], blocks_a_shard=2)
    issued = [shard.blocks for shard in issue_all(ledger)]
    assert issued == [(1, 2), (4, 5), (6, 7), (8,)]
    assert not ledger.has_waiting


def test_a_commit_counts_once_whoever_brings_it() -> None:
    ledger = ledger_of(4, blocks_a_shard=4)
    (shard,) = issue_all(ledger)
    assert ledger.commit(shard.index, [0, 1, 2, 3], 1.0).tolist() == [0, 1, 2, 3]
    assert ledger.commit(shard.index, [0, 1, 2, 3], 1.0).tolist() == []
    assert ledger.num_left == 0


def test_what_a_shard_did_not_bring_waits_again() -> None:
    ledger = ledger_of(4, blocks_a_shard=4)
    (shard,) = issue_all(ledger)
    ledger.commit(shard.index, [0, 1])
    assert [shard.blocks for shard in issue_all(ledger)] == [(2, 3)]


def test_blocks_of_a_lost_worker_wait_again_in_halves() -> None:
    ledger = ledger_of(8, blocks_a_shard=8)
    issue_all(ledger)
    assert ledger.lose("w", is_node_lost=False) is None
    assert [shard.blocks for shard in issue_all(ledger)] == [(0, 1, 2, 3), (4, 5, 6, 7)]


def test_only_the_shard_that_was_running_is_blamed() -> None:
    ledger = ledger_of(2, max_losses=2)
    running, queued = issue_all(ledger)
    ledger.lose("w", is_node_lost=False)
    again = ledger.issue("v", 0.0, workers=1)
    ledger.commit(again.index, running.blocks, 1.0)
    assert ledger.issue("v", 0.0, workers=1).blocks == queued.blocks
    assert ledger.lose("v", is_node_lost=False) is None


def test_a_block_that_kills_its_workers_is_found_and_given_up() -> None:
    ledger = ledger_of(64, blocks_a_shard=64)
    poison, given_up = 37, None
    while given_up is None:
        shard = ledger.issue("w", 0.0, workers=1)
        if poison in shard.blocks:
            given_up = ledger.lose("w", is_node_lost=False)
        else:
            ledger.commit(shard.index, shard.blocks, 1.0)
    assert given_up.block == poison
    assert "workers died" in given_up.reason
    assert {block for shard in issue_all(ledger) for block in shard.blocks} == {poison}


def test_a_lost_node_blames_nobody() -> None:
    ledger = ledger_of(1)
    for _ in range(50):
        issue_all(ledger)
        assert ledger.lose("w", is_node_lost=True) is None


def test_a_crash_is_tried_a_few_times() -> None:
    ledger = ledger_of(1, max_crashes=3)
    found = []
    for _ in range(3):
        (shard,) = issue_all(ledger)
        found.append(ledger.crash(shard.index, 0))
    assert found[:2] == [None, None]
    assert found[2].reason == "it failed 3 times"


def test_a_silent_worker_is_given_up_and_its_late_commit_counts() -> None:
    ledger = ledger_of(1)
    (shard,) = issue_all(ledger, now=0.0)
    assert not ledger.expire(599.0)
    assert [lease.worker for lease in ledger.expire(601.0)] == ["w"]
    (again,) = issue_all(ledger, "v", now=601.0)
    assert again.blocks == shard.blocks
    assert ledger.commit(shard.index, [0], 601.0).tolist() == [0]
    assert ledger.num_left == 0
    assert ledger.num_out == 1


def test_a_lease_is_shorter_once_the_pace_is_known() -> None:
    ledger = ledger_of(2)
    first = ledger.issue("w", 0.0, workers=1)
    ledger.commit(first.index, first.blocks, 1.0)
    ledger.issue("w", 1.0, workers=1)
    assert not ledger.expire(60.0)
    assert len(ledger.expire(62.0)) == 1


def test_each_further_lease_is_longer() -> None:
    ledger = ledger_of(1)
    now, lengths = 0.0, []
    for _ in range(3):
        issue_all(ledger, now=now)
        (lease,) = ledger.of_worker("w")
        lengths.append(lease.deadline - now)
        now = lease.deadline + 1.0
        ledger.expire(now)
    assert lengths == [600.0, 1200.0, 2400.0]


def test_a_sign_of_life_renews_all_shards_of_the_worker() -> None:
    ledger = ledger_of(2)
    first, _ = issue_all(ledger, now=0.0)
    ledger.renew("w", first.index, 500.0)
    assert not ledger.expire(1099.0)
    assert len(ledger.expire(1101.0)) == 2


def test_a_sign_of_life_from_another_shard_renews_nothing() -> None:
    ledger = ledger_of(1)
    issue_all(ledger, now=0.0)
    ledger.renew("w", 17, 500.0)
    assert len(ledger.expire(601.0)) == 1


def test_stragglers_are_backed_up_once_the_latest_first() -> None:
    ledger = ledger_of(4)
    quick, slower = ledger.issue("a", 0.0, workers=3), ledger.issue("b", 0.0, workers=3)
    slow, queued = ledger.issue("c", 1.0, workers=3), ledger.issue("c", 1.0, workers=3)
    ledger.commit(quick.index, quick.blocks, 1.0)
    assert ledger.stragglers(1.5) == []
    late = ledger.stragglers(3.5)
    assert [lease.shard for lease in late] == [slower, slow]
    assert ledger.back_up(late[0], "a", 3.5).blocks == slower.blocks
    assert [lease.shard for lease in ledger.stragglers(3.5)] == [slow]
    assert queued.index in {lease.shard.index for lease in ledger.of_worker("c")}


def test_a_queued_shard_is_late_only_after_its_worker_could_begin_it() -> None:
    ledger = ledger_of(3)
    quick = ledger.issue("a", 0.0, workers=2)
    slow, queued = ledger.issue("b", 0.0, workers=2), ledger.issue("b", 0.0, workers=2)
    ledger.commit(quick.index, quick.blocks, 1.0)
    ledger.commit(slow.index, slow.blocks, 9.0)
    ledger.begin_next("b", 9.0)
    assert ledger.stragglers(9.5) == []
    assert [lease.shard for lease in ledger.stragglers(99.0)] == [queued]


def test_when_one_of_two_copies_is_lost_nothing_waits() -> None:
    ledger = ledger_of(2)
    quick, slow = ledger.issue("a", 0.0, workers=2), ledger.issue("b", 0.0, workers=2)
    ledger.commit(quick.index, quick.blocks, 1.0)
    (late,) = ledger.stragglers(9.0)
    backup = ledger.back_up(late, "a", 9.0)
    ledger.lose("b", is_node_lost=False)
    assert not ledger.has_waiting
    assert ledger.commit(backup.index, backup.blocks, 1.0).tolist() == list(slow.blocks)


def test_shards_end_before_the_workers_are_taken_away() -> None:
    ledger = Ledger(costs_of(10), (), Policy())
    assert ledger.issue("w", 0.0, workers=1, seconds_left=0.5) is None
    assert ledger.has_waiting
    assert ledger.issue("w", 0.0, workers=1, seconds_left=5.0) is not None


STEPS = st.lists(st.tuples(st.sampled_from("icflxe"), st.integers(0, 5)), max_size=200)


@given(STEPS, st.integers(1, 40), st.integers(1, 9))
def test_no_block_is_lost_or_counted_twice_in_any_order(steps, num_blocks, blocks_a_shard) -> None:
    ledger = ledger_of(num_blocks, blocks_a_shard=blocks_a_shard)
    now, out, counted = 0.0, [], []
    for step, number in steps:
        now += 100.0
        counted += take_step(ledger, step, number, out, now)
    for number in range(6):
        ledger.lose(f"w{number}", is_node_lost=True)
    for shard in issue_all(ledger, now=now):
        counted += ledger.commit(shard.index, shard.blocks, 1.0).tolist()
    assert sorted(counted) == list(range(num_blocks))
    assert ledger.num_left == ledger.num_out == 0


def take_step(ledger: Ledger, step: str, number: int, out: list, now: float) -> list[int]:
    """Issue, commit, fail, cut short, lose or expire; return the blocks that came new."""
    worker = f"w{number}"
    if step == "l":
        ledger.lose(worker, is_node_lost=False)
    if step == "e":
        ledger.expire(now)
    if step == "i":
        late, shard = ledger.stragglers(now), ledger.issue(worker, now, workers=6)
        if shard is None and late and late[0].worker != worker:
            shard = ledger.back_up(late[0], worker, now)
        out += [shard] if shard else []
    if step not in "cfx" or not out:
        return []
    chosen = out[number % len(out)]
    if step == "f":
        ledger.crash(chosen.index, chosen.blocks[0])
        return []
    blocks = chosen.blocks if step == "c" else chosen.blocks[:1]
    return ledger.commit(chosen.index, blocks, 1.0 if step == "c" else None).tolist()
