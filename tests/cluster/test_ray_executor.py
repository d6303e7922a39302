"""The executor over Ray: the contract, and what only it has to stand."""

from collections.abc import Iterator

import pytest

from shoal.cluster.ray_executor import RayExecutor
from shoal.cluster.ray_pool import RayPool
from shoal.cluster.worker import JobSpec
from shoal.orchestrator.ports import WorkerAlive, WorkerJoined
from shoal.primitives.errors import ExecutionError
from shoal.primitives.workload import Workload
from tests.executor_contract import Open, ProcessExecutorContract
from tests.local_ray import local_pool


@pytest.fixture(scope="module")
def pool() -> Iterator[RayPool]:
    with local_pool(workers=2) as pool:
        yield pool


class TestRayContract(ProcessExecutorContract):
    @pytest.fixture
    def open_executor(self, pool: RayPool) -> Open:
        return lambda request, committer, script: RayExecutor(
            pool, JobSpec(request, committer, script)
        )

    @pytest.mark.slow
    def test_a_worker_at_work_says_so(self, bench) -> None:
        job = bench(gated=0)
        (joined, *_) = job.wait_for(WorkerJoined)
        job.submit(3, [0], joined.worker)
        job.submit(4, [1], joined.worker)
        (alive, *_) = job.wait_for(WorkerAlive)
        job.script.open_gate()
        assert alive == WorkerAlive(joined.worker, 3)

    def test_functions_of_the_workload_are_evaluated_by_the_workers(self, bench) -> None:
        job = bench({0: ("die",)})
        found = list(job.executor.map(number_of_blocks, [(number,) for number in range(20)]))
        assert sorted(found) == [len(job.workload.blocks) + number for number in range(20)]

    def test_a_function_that_always_fails_is_an_error_in_its_words(self, bench) -> None:
        with pytest.raises(ExecutionError, match="ZeroDivisionError: division by zero"):
            list(bench().executor.map(divide_by_nothing, [()]))


def number_of_blocks(workload: Workload, more: int) -> int:
    return len(workload.blocks) + more


def divide_by_nothing(workload: Workload) -> float:
    return len(workload.blocks) / 0
