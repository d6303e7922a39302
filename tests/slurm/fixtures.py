"""Fixtures for tests marked ``slurm``, wherever they are: `tests/conftest.py` has them for all."""

import os
from collections.abc import Iterator

import pytest

from tests.slurm.provision import missing_for_testbed, own_place, shared_folders
from tests.slurm.testbed_cluster import Slurm, start, stop


@pytest.fixture(scope="session")
def slurm_cluster() -> Iterator[Slurm]:
    """One cluster for the whole session; it takes a second to start."""
    if reason := missing_for_testbed():
        pytest.skip(reason)
    with own_place() as place:
        try:
            yield start(place, int(os.environ.get("SLURM_TESTBED_NODES", "4")), shared_folders())
        finally:
            stop(place)


@pytest.fixture
def slurm(slurm_cluster: Slurm) -> Iterator[Slurm]:
    """The cluster, whole and idle at the start of each test, whatever the one before did."""
    yield slurm_cluster
    slurm_cluster.mend()
