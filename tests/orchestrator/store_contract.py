"""What every store promises. A class of tests that inherits these gives a fixture `fresh_store`.

class TestMine(StoreContract):
    @pytest.fixture
    def fresh_store(self, engine):
        return lambda: MyStore(engine.request, engine.workload)
"""

import pickle

import pytest

from shoal.orchestrator.ports import Store
from shoal.primitives.errors import StoreError
from tests.orchestrator.sampled import DrawingEngine, assert_same, both_request, commit


class StoreContract:
    """The `Store` protocol, in examples."""

    @pytest.fixture
    def engine(self) -> DrawingEngine:
        return DrawingEngine(both_request(rows=400))

    def test_nothing_is_committed_at_first(self, store: Store) -> None:
        assert store.committed() == frozenset()

    def test_a_segment_counts_once_it_is_recorded(self, store: Store, engine) -> None:
        receipt = commit(store, engine, [1, 2])
        assert receipt.blocks == (1, 2)
        assert store.committed() == frozenset()
        assert store.record(receipt) == {1, 2}
        assert store.committed() == {1, 2}

    def test_blocks_come_back_to_the_bit_in_the_order_asked_for(self, store, engine) -> None:
        outcomes = engine.run_all()
        for blocks in ([3], [0, 4], [1, 2, 5, 6, 7]):
            store.record(commit(store, engine, blocks))
        order = [7, 0, 3, 1, 6, 2, 4, 5]
        found = list(store.outcomes(order))
        assert [one.block for one in found] == order
        for one in found:
            assert_same(one, outcomes[one.block])

    def test_reading_nothing_is_no_error(self, store: Store) -> None:
        assert list(store.outcomes([])) == []

    def test_a_block_that_is_not_committed_is_an_error(self, store: Store, engine) -> None:
        store.record(commit(store, engine, [1]))
        with pytest.raises(StoreError, match="block 0 is not committed; 1 others are"):
            list(store.outcomes([1, 0]))

    def test_a_receipt_that_comes_twice_counts_once(self, store: Store, engine) -> None:
        receipt = commit(store, engine, [1, 2])
        assert store.record(receipt) == {1, 2}
        assert store.record(receipt) == frozenset()
        assert_same(next(store.outcomes([1])), engine.run(engine.workload.blocks[1]))

    def test_of_two_copies_the_first_recorded_wins(self, store: Store, engine) -> None:
        early = commit(store, engine, [1, 2], "w0")
        late = commit(store, engine, [1, 2], "w1")
        assert store.record(late) == {1, 2}
        assert store.record(early) == frozenset()
        assert [one.block for one in store.outcomes([2, 1])] == [2, 1]

    def test_segments_that_overlap_count_once(self, store: Store, engine) -> None:
        one, other = commit(store, engine, [1, 2]), commit(store, engine, [2, 3], "w1")
        assert store.record(one) == {1, 2}
        assert store.record(other) == {3}
        assert store.committed() == {1, 2, 3}
        assert [found.block for found in store.outcomes([1, 2, 3])] == [1, 2, 3]

    def test_receipts_are_small_words_about_the_segment(self, store: Store, engine) -> None:
        receipt = commit(store, engine, [0, 1], "w7")
        outcomes = [engine.run(engine.workload.blocks[block]) for block in (0, 1)]
        assert receipt.shots == sum(s.rows.size for one in outcomes for s in one.shots)
        assert (receipt.worker, len(receipt.sha256)) == ("w7", 64)
        assert receipt.seconds >= 1.0
        assert receipt.num_bytes > 0

    def test_counted_strings_are_as_many_shots_as_they_count(self, store: Store, engine) -> None:
        counted = DrawingEngine(engine.request, engine.workload, counted=True)
        receipt, singles = commit(store, counted, [0]), commit(store, engine, [0])
        assert receipt.shots == singles.shots
        store.record(receipt)
        assert_same(next(store.outcomes([0])), counted.run(engine.workload.blocks[0]))

    def test_committer_and_receipt_travel(self, store: Store, engine) -> None:
        committer = pickle.loads(pickle.dumps(store.committer()))
        outcome = engine.run(engine.workload.blocks[4])
        receipt = committer.commit([outcome], worker="w0", seconds=0.0)
        assert store.record(pickle.loads(pickle.dumps(receipt))) == {4}
        assert_same(next(store.outcomes([4])), outcome)

    def test_a_commit_of_nothing_is_an_error(self, store: Store) -> None:
        with pytest.raises(ValueError, match="worker w0 has nothing to commit"):
            store.committer().commit([], worker="w0", seconds=0.0)

    @pytest.mark.parametrize("example", range(10))
    def test_each_block_counts_once_whatever_comes(self, store, engine, rng, example) -> None:
        seen: set[int] = set()
        for number in range(8):
            shard = set(rng.integers(0, 8, size=rng.integers(1, 6)).tolist())
            new = store.record(commit(store, engine, sorted(shard), f"w{number}"))
            assert new == shard - seen
            seen |= shard
        assert store.committed() == seen
        for outcome in store.outcomes(sorted(seen)):
            assert_same(outcome, engine.run(engine.workload.blocks[outcome.block]))
