"""The batch script of a sweep in an MPI world."""

from pathlib import Path

import pytest

from shoal.cluster.mpi.mpi_script import mpi_script
from shoal.cluster.mpi.mpi_table import MpiTable
from shoal.cluster.slurm.slurm_table import SlurmTable

EXPECTED = Path(__file__).with_name("expected_mpi.sbatch")
TABLE = SlurmTable(
    nodes=2,
    cpus_per_node=8,
    memory="64G",
    time="02:00:00",
    options=("--switches=1",),
    setup=("module load python",),
)


def test_the_script_is_what_people_would_write() -> None:
    command = ["shoal", "run", "/home/me/my sweep.toml", "--executor=mpi"]
    script = mpi_script("big", command, TABLE, MpiTable(cpus_per_rank=2), Path("/home/me/aer mpi"))
    assert script == EXPECTED.read_text()


def test_nodes_of_which_nothing_is_said_have_one_rank_each() -> None:
    script = mpi_script("x", ["true"], SlurmTable(nodes=3), MpiTable(), None)
    assert "#SBATCH --ntasks-per-node=1\n" in script
    assert "PYTHONPATH" not in script


def test_ranks_that_have_no_room_are_refused() -> None:
    with pytest.raises(ValueError, match=r"cpus_per_node = 8 .* no room for 1 ranks of 9 cores"):
        mpi_script("x", ["true"], TABLE, MpiTable(cpus_per_rank=9), None)
