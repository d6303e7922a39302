"""The worker as what it is: a plain class."""

import pickle
from pathlib import Path

import pytest

from shoal.cluster.worker import JobSpec, Worker
from shoal.orchestrator.memory import MemoryStore
from shoal.orchestrator.ports import Shard, ShardCommitted, ShardFailed, Slot
from shoal.primitives.expansion import expand
from tests.scripted import Script, request_of

REQUEST = request_of(4)
WORKLOAD = expand(REQUEST)


@pytest.fixture
def worker() -> Worker:
    return Worker("w", Slot())


@pytest.fixture
def spec(tmp_path: Path) -> bytes:
    committer = MemoryStore(REQUEST, WORKLOAD).committer()
    return pickle.dumps(JobSpec(REQUEST, committer, Script(tmp_path, {2: ("crash",)})))


def test_a_shard_of_an_open_job_is_run_and_committed(worker: Worker, spec: bytes) -> None:
    worker.open(1, spec)
    event = worker.run(1, Shard(5, (0, 1)))
    assert isinstance(event, ShardCommitted)
    assert (event.shard, event.worker, event.receipt.blocks) == (5, "w", (0, 1))


def test_a_shard_that_is_asked_for_again_is_not_run_again(
    worker: Worker, spec: bytes, tmp_path: Path
) -> None:
    worker.open(1, spec)
    first, again = worker.run(1, Shard(5, (0, 1))), worker.run(1, Shard(9, (0, 1)))
    assert isinstance(first, ShardCommitted)
    assert isinstance(again, ShardCommitted)
    assert (again.shard, again.receipt) == (9, first.receipt)
    assert Script(tmp_path).ran() == [0, 1]


def test_a_failure_is_an_answer(worker: Worker, spec: bytes) -> None:
    worker.open(1, spec)
    event = worker.run(1, Shard(5, (1, 2, 3)))
    assert isinstance(event, ShardFailed)
    assert event.block == 2
    assert event.receipt is not None
    assert event.receipt.blocks == (1,)


def test_a_job_that_is_closed_is_not_run(worker: Worker, spec: bytes) -> None:
    worker.open(1, spec)
    worker.close(1)
    assert worker.run(1, Shard(0, (0,))) is None


def test_closing_may_overtake_opening(worker: Worker, spec: bytes) -> None:
    worker.close(1)
    worker.open(1, spec)
    assert worker.run(1, Shard(0, (0,))) is None
    worker.open(1, spec)
    assert isinstance(worker.run(1, Shard(0, (0,))), ShardCommitted)


def test_a_job_that_cannot_be_read_is_told_with_the_words(worker: Worker) -> None:
    worker.open(1, b"cnowhere\nthing\n.")
    event = worker.run(1, Shard(0, (0,)))
    assert isinstance(event, ShardFailed)
    assert "ModuleNotFoundError: No module named 'nowhere'" in event.error


def test_a_function_of_the_workload_is_evaluated(worker: Worker, spec: bytes) -> None:
    worker.open(1, spec)
    assert worker.call(1, pickle.dumps((count_blocks, (10,)))) == 14


def test_jobs_do_not_meet(worker: Worker, spec: bytes) -> None:
    worker.open(1, spec)
    worker.open(2, spec)
    worker.close(1)
    assert isinstance(worker.run(2, Shard(0, (0,))), ShardCommitted)


def count_blocks(workload, more: int) -> int:
    return len(workload.blocks) + more
