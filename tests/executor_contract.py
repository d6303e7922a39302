"""What every executor must do; each one's tests inherit it, and say how it is opened."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from shoal.orchestrator.memory import MemoryStore
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import (
    Committer,
    Executor,
    ExecutorEvent,
    Shard,
    ShardCommitted,
    ShardFailed,
    WorkerJoined,
    WorkerLost,
)
from shoal.orchestrator.scheduler import RunReport, run_job
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.errors import EngineError
from shoal.primitives.expansion import expand
from shoal.primitives.job import JobControl
from shoal.primitives.request import Request
from tests.scripted import Script, answer, request_of

Open = Callable[[Request, Committer, Script], Executor]

NUM_BLOCKS = 12
LONG_SECONDS = 250.0


class Bench:
    """An executor with a job in it, and a store."""

    def __init__(self, open_executor: Open, script: Script) -> None:
        self.script = script
        self.request = request_of(NUM_BLOCKS)
        self.workload = expand(self.request)
        self.store = MemoryStore(self.request, self.workload)
        self.executor = open_executor(self.request, self.store.committer(), script)
        self.heard: list[ExecutorEvent] = []
        """What came and was not asked for yet: a loss and what replaces it may come together."""

    def run(self, blocks: int = 2, **policy) -> RunReport:
        # No second runs of what a busy machine is late with: what ran is counted.
        limits = Policy(
            sizes=ShardSizes(blocks=blocks), **{"backup_seconds": LONG_SECONDS, **policy}
        )
        return run_job(
            self.workload, self.store, self.executor, control=JobControl(), policy=limits
        )

    def submit(self, number: int, blocks: Sequence[int], worker: str) -> None:
        chosen = [self.workload.blocks[block] for block in blocks]
        self.executor.submit(Shard(number, tuple(blocks)), chosen, worker)

    def wait_for(self, kind: type[ExecutorEvent], count: int = 1) -> list[ExecutorEvent]:
        """Poll until there are so many events of a kind; others are kept for later."""
        deadline = time.monotonic() + LONG_SECONDS
        while True:
            found = [event for event in self.heard if isinstance(event, kind)]
            if len(found) >= count or time.monotonic() > deadline:
                break
            self.heard += self.executor.poll(0.1)
        self.heard = [event for event in self.heard if not isinstance(event, kind)]
        return found

    def assert_answers(self) -> None:
        blocks = range(len(self.workload.blocks))
        for block, outcome in zip(self.workload.blocks, self.store.outcomes(blocks), strict=True):
            expected = answer(self.workload, block)
            assert np.array_equal(outcome.values[0].values, expected.values[0].values)


class ExecutorContract:
    """Inherit this, and give a fixture ``open_executor``."""

    @pytest.fixture
    def bench(self, open_executor: Open, tmp_path: Path):
        opened: list[Bench] = []

        def make(faults=None, seconds: float = 0.0, gated: int | None = None) -> Bench:
            folder = tmp_path / str(len(opened))
            folder.mkdir()
            opened.append(Bench(open_executor, Script(folder, faults or {}, seconds, gated)))
            return opened[-1]

        yield make
        for one in opened:
            one.executor.close()

    @pytest.mark.parametrize("blocks", [1, 5, 64])
    def test_every_block_is_run_and_committed_once(self, bench, blocks: int) -> None:
        job = bench()
        report = job.run(blocks)
        assert report.is_complete
        assert sorted(job.script.ran()) == list(range(NUM_BLOCKS))
        job.assert_answers()

    def test_workers_join_before_anything_else(self, bench) -> None:
        (joined, *_) = bench().wait_for(WorkerJoined)
        assert joined.worker
        assert joined.node
        assert joined.slot.threads >= 1

    def test_a_shard_is_reported_by_its_number_and_worker(self, bench) -> None:
        job = bench()
        (joined, *_) = job.wait_for(WorkerJoined)
        job.submit(7, [3, 4], joined.worker)
        (event,) = job.wait_for(ShardCommitted)
        assert (event.shard, event.worker) == (7, joined.worker)
        assert event.receipt.blocks == (3, 4)
        assert event.receipt.seconds >= 0.0

    def test_a_refusal_is_told_with_the_blocks_that_were_done(self, bench) -> None:
        job = bench({5: ("refuse",)})
        (joined, *_) = job.wait_for(WorkerJoined)
        job.submit(0, [3, 4, 5, 6], joined.worker)
        (event,) = job.wait_for(ShardFailed)
        assert event.is_engine_error
        assert event.block == 5
        assert event.error == "pub 0, parameters [0.1, 0.2]: the engine refused 5"
        assert event.receipt is not None
        assert event.receipt.blocks == (3, 4)

    def test_a_worker_survives_what_its_engine_raises(self, bench) -> None:
        job = bench({0: ("crash",)})
        (joined, *_) = job.wait_for(WorkerJoined)
        job.submit(0, [0], joined.worker)
        (failed,) = job.wait_for(ShardFailed)
        assert not failed.is_engine_error
        assert failed.error == "RuntimeError: block 0 crashed"
        job.submit(1, [0], joined.worker)
        assert job.wait_for(ShardCommitted)

    def test_an_engine_error_ends_the_job_with_the_engines_words(self, bench) -> None:
        job = bench({5: ("refuse", "refuse")})
        with pytest.raises(EngineError, match=r"pub 0, parameters .* the engine refused 5"):
            job.run(4)
        assert job.script.ran().count(5) == 1

    def test_crashes_are_tried_again(self, bench) -> None:
        job = bench({5: ("crash", "crash")})
        assert job.run(4).is_complete
        job.assert_answers()


class BackgroundExecutorContract(ExecutorContract):
    """For executors whose workers work while nobody polls."""

    def test_a_closed_executor_begins_no_further_block(self, bench) -> None:
        # All of them would take far longer than it takes to say that no more is wanted.
        job = bench(seconds=1.0)
        (joined, *_) = job.wait_for(WorkerJoined)
        job.submit(0, range(NUM_BLOCKS), joined.worker)
        while not job.script.ran():
            time.sleep(0.01)
        job.executor.close()
        done = len(job.script.ran())
        time.sleep(2.5)
        assert len(job.script.ran()) <= done + 1
        assert done + 1 < NUM_BLOCKS


class ProcessExecutorContract(BackgroundExecutorContract):
    """For executors whose workers are processes, and can die."""

    def test_a_dead_worker_is_told_and_its_blocks_run_elsewhere(self, bench) -> None:
        job = bench({4: ("die",)})
        report = job.run(3)
        assert report.is_complete
        assert report.workers_lost == 1
        job.assert_answers()

    def test_a_lost_worker_is_replaced(self, bench) -> None:
        job = bench({4: ("die",)})
        joined = {event.worker for event in job.wait_for(WorkerJoined, 2)}
        job.submit(0, [4], min(joined))
        (lost,) = job.wait_for(WorkerLost)
        assert lost.worker == min(joined)
        assert not lost.is_node_lost
        (new,) = job.wait_for(WorkerJoined)
        assert new.worker not in joined

    def test_a_shard_for_a_worker_that_is_gone_is_no_error(self, bench) -> None:
        job = bench({4: ("die",)})
        joined = {event.worker for event in job.wait_for(WorkerJoined, 2)}
        job.submit(0, [4], min(joined))
        assert job.wait_for(WorkerLost)
        job.submit(1, [5], min(joined))
        job.submit(2, [6], max(joined))
        (event,) = job.wait_for(ShardCommitted)
        assert event.shard == 2

    def test_a_block_that_always_kills_ends_the_job_by_name(self, bench) -> None:
        job = bench({4: ("die",) * 9})
        with pytest.raises(Exception, match=r"block 4 .* workers died"):
            job.run(1, max_losses=2)
