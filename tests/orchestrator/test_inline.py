"""The executor of this process, with and without threads."""

import pytest

from shoal.orchestrator.inline import InlineExecutor
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import Shard, ShardFailed, WorkerJoined
from shoal.orchestrator.scheduler import run_job
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.expansion import expand
from shoal.primitives.job import JobControl
from tests.executor_contract import BackgroundExecutorContract, ExecutorContract, Open
from tests.workloads import AnswerEngine, ShelfStore, answer_of, workload_of


def open_with(threads: int) -> Open:
    def open_inline(request, committer, script) -> InlineExecutor:
        workload = expand(request)
        return InlineExecutor(
            lambda slot: script(request, workload, slot), committer, threads=threads
        )

    return open_inline


class TestInlineContract(ExecutorContract):
    @pytest.fixture
    def open_executor(self) -> Open:
        return open_with(threads=0)


class TestThreadsContract(BackgroundExecutorContract):
    @pytest.fixture
    def open_executor(self) -> Open:
        return open_with(threads=2)


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("blocks", [1, 8, 64])
def test_answers_are_the_same_however_they_are_sharded(threads: int, blocks: int) -> None:
    workload, store = workload_of(100), ShelfStore()
    executor = InlineExecutor(lambda slot: AnswerEngine(), store.committer(), threads=threads)
    policy = Policy(sizes=ShardSizes(blocks=blocks))
    run_job(workload, store, executor, control=JobControl(), policy=policy)
    executor.close()
    for outcome, block in zip(store.outcomes(range(100)), workload.blocks, strict=True):
        assert (outcome.values[0].values == answer_of(block).values[0].values).all()


def test_each_thread_is_a_worker_with_an_engine_of_its_own() -> None:
    engines = []

    def make(slot) -> AnswerEngine:
        engines.append(AnswerEngine())
        return engines[-1]

    store = ShelfStore()
    executor = InlineExecutor(make, store.committer(), threads=2)
    joined = [event.worker for event in executor.poll(1.0) if isinstance(event, WorkerJoined)]
    workload = workload_of(2)
    for number, worker in enumerate(joined):
        executor.submit(Shard(number, (number,)), [workload.blocks[number]], worker)
    found = []
    while len(found) < 2:
        found += executor.poll(1.0)
    executor.close()
    assert sorted(engine.ran for engine in engines) == [[0], [1]]


def test_an_engine_that_cannot_be_made_is_a_failure_of_the_shard() -> None:
    def make(slot) -> AnswerEngine:
        raise OSError("no such library")

    executor = InlineExecutor(make, ShelfStore().committer())
    executor.poll(0.0)
    executor.submit(Shard(0, (0,)), workload_of(1).blocks, "inline")
    (event,) = executor.poll(0.0)
    assert isinstance(event, ShardFailed)
    assert event.error == "OSError: no such library"
    assert not event.is_engine_error
