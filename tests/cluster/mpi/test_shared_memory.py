"""A world that is killed leaves no files in ``/dev/shm``: they have lost their names before."""

import sys

import pytest

from tests.mpi_world import run_world

KILLED = """
import os
from shoal.cluster.mpi.world import MpiWorld
world = MpiWorld.join()
with open("/proc/self/maps") as maps:
    found = {line.split(maxsplit=5)[5].strip() for line in maps if "/dev/shm/mpich_shm_" in line}
print("mapped", sorted(found), flush=True)
world.comm.allgather(b"x" * 1_000_000)
os.kill(os.getpid(), 9)
"""


@pytest.mark.mpi
def test_a_killed_world_leaves_nothing_in_shared_memory() -> None:
    ended = run_world(3, sys.executable, "-c", KILLED)
    assert ended.code != 0
    said = [line for line in ended.out.splitlines() if line.startswith("mapped")]
    assert said, ended
    assert all(line.count("(deleted)") == line.count("/dev/shm/") for line in said), said
