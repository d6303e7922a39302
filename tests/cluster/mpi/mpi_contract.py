"""The contract of executors in an MPI world: run by rank 0 of it, which `test_mpi_executor` starts.

The other ranks run this file as a program.
"""

from collections.abc import Iterator

import pytest

from shoal.cluster.mpi.open import mpi_pool
from shoal.cluster.mpi.pool import MpiPool
from shoal.cluster.ray_executor import RayExecutor
from shoal.cluster.worker import JobSpec
from shoal.primitives.errors import ExecutionError
from shoal.primitives.workload import Workload
from tests.executor_contract import BackgroundExecutorContract, Open


@pytest.fixture(scope="session")
def pool() -> Iterator[MpiPool]:
    pool = mpi_pool()
    yield pool
    pool.close()


class TestMpiContract(BackgroundExecutorContract):
    @pytest.fixture
    def open_executor(self, pool: MpiPool) -> Open:
        return lambda request, committer, script: RayExecutor(
            pool, JobSpec(request, committer, script)
        )

    def test_functions_of_the_workload_are_evaluated_by_the_workers(self, bench) -> None:
        job = bench()
        found = list(job.executor.map(number_of_blocks, [(number,) for number in range(20)]))
        assert sorted(found) == [len(job.workload.blocks) + number for number in range(20)]

    def test_a_function_that_always_fails_is_an_error_in_its_words(self, bench) -> None:
        with pytest.raises(ExecutionError, match="ZeroDivisionError: division by zero"):
            list(bench().executor.map(divide_by_nothing, [()]))


def number_of_blocks(workload: Workload, more: int) -> int:
    return len(workload.blocks) + more


def divide_by_nothing(workload: Workload) -> float:
    return len(workload.blocks) / 0


if __name__ == "__main__":
    mpi_pool()
