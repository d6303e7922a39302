"""What every test shares: a generator of its own, and a word on parts that are missing."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache

import hypothesis
import numpy as np
import pytest

from shoal.cluster.cli.mpi_checkup import find_mpirun
from tests.slurm.fixtures import slurm, slurm_cluster  # noqa: F401 (for tests marked slurm)
from tests.slurm.provision import missing_for_testbed

# Before anything imports Ray: it reads these once.
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

hypothesis.settings.register_profile(
    "shoal",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shoal")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests measure out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOAL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator seeded by the test's id: the same in any order, on any worker."""
    digest = hashlib.sha256(request.node.nodeid.encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))


@cache
def missing_part(marker: str) -> str | None:
    """Why tests of this marker cannot run here, or None where they can."""
    match marker:
        case "slurm":
            return missing_for_testbed()
        case "mpi" if find_mpirun() is None:
            return "no mpirun on PATH, nor PyPI's: pip install 'shoal[mpi]'"
        case "gpu" if not has_gpu():
            return "no GPU, or an Aer that was built without GPU support"
    return None


def has_gpu() -> bool:
    """Whether nvidia-smi lists a GPU and Aer can use one."""
    if shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    if "GPU " not in listed.stdout:
        return False
    from qiskit_aer import AerSimulator

    return "GPU" in AerSimulator().available_devices()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked slurm, mpi or gpu where that part is missing, and say so."""
    for marker in ("slurm", "mpi", "gpu"):
        if item.get_closest_marker(marker) and (reason := missing_part(marker)):
            pytest.skip(reason)
