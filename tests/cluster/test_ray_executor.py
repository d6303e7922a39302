"""The executor over Ray: the contract, and what only it has to stand."""

from collections.abc import Iterator

import pytest

from shoal.cluster.ray_executor import RayExecutor
from shoal.cluster.ray_pool import RayPool
from shoal.cluster.worker import JobSpec
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
