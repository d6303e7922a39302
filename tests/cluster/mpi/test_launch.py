"""Worlds that are not as they were meant, told from what launchers say."""

import pytest

from shoal.cluster.mpi.launch import Launch, launch_of, size_fault

MPICH = "MPICH Version: 5.0.2"


@pytest.mark.parametrize(
    ("environ", "launch"),
    [
        ({}, None),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, None),
        ({"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"}, Launch("srun", 4, 3)),
        ({"PMI_SIZE": "8", "PMI_RANK": "0"}, Launch("mpirun", 8, 0)),
        ({"PMI_SIZE": "", "PMI_RANK": ""}, None),
        (
            {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "SLURM_PROCID": "0"},
            Launch("Open MPI's mpirun", 2, 1),
        ),
    ],
)
def test_the_launcher_is_known_by_its_words(environ, launch) -> None:
    assert launch_of(environ) == launch


def test_a_world_of_the_size_that_was_asked_for_is_no_fault() -> None:
    assert size_fault(Launch("srun", 4, 0), 4, MPICH) is None
    assert size_fault(None, 4, MPICH) is None


def test_a_wrong_pair_is_told_with_the_library_and_what_to_do() -> None:
    fault = size_fault(Launch("srun", 4, 0), 1, MPICH)
    assert fault is not None
    assert "srun started 4 processes, but MPI made 4 worlds of one process" in fault
    assert MPICH in fault
    assert "--mpi=pmi2" in fault


@pytest.mark.parametrize("launch", [None, Launch("mpirun", 1, 0)])
def test_a_world_of_one_is_told_how_to_start_more(launch: Launch | None) -> None:
    fault = size_fault(launch, 1, MPICH)
    assert fault is not None
    assert "mpirun -n 5 shoal run SWEEP.toml --executor mpi" in fault
