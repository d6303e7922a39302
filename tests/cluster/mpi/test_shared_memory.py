"""A world that is killed leaves no files in ``/dev/shm``: they have lost their names before."""

import sys
from pathlib import Path

import pytest

from tests.mpi_world import run_world

KILLED = """
import os, sys
from shoal.cluster.mpi.world import MpiWorld
world = MpiWorld.join()
with open("/proc/self/maps") as maps:
    found = {line.split(maxsplit=5)[5].strip() for line in maps if "/dev/shm/mpich_shm_" in line}
with open(f"{sys.argv[1]}/{world.rank}", "w") as file:
    file.write("\\n".join(found))
world.comm.allgather(b"x" * 1_000_000)
os.kill(os.getpid(), 9)
"""


@pytest.mark.mpi
def test_a_killed_world_leaves_nothing_in_shared_memory(tmp_path: Path) -> None:
    ended = run_world(3, sys.executable, "-c", KILLED, tmp_path)
    assert ended.code != 0
    said = [path.read_text().splitlines() for path in tmp_path.iterdir()]
    assert len(said) == 3, ended
    assert all(name.endswith(" (deleted)") for names in said for name in names), said
