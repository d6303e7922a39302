"""``shoal submit``: a batch script, shown or handed to Slurm; shell scripts stand for Slurm."""

import json
from pathlib import Path

import pytest

PROFILE = '[slurm]\nnodes = 3\ntime = "10"\npartition = "main"\n'


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(PROFILE)
    return path


def test_a_dry_run_shows_the_script_and_leaves_nothing(shoal, sweep, store, profile) -> None:
    ended = shoal(
        "submit", sweep, "--profile", profile, "--store", store, "--set", "seed=6", "--dry-run"
    )
    assert ended.code == 0
    assert ended.out.startswith("#!/bin/bash\n")
    assert "#SBATCH --nodes=3\n" in ended.out
    last = ended.out.splitlines()[-1]
    assert last.startswith("exec ")
    assert last.endswith(f"--profile={profile} --store={store} --set=seed=6")
    assert not Path(store).exists()


def test_a_submitted_sweep_can_be_watched_before_it_runs(
    shoal, sweep, store, profile, slurm_says
) -> None:
    slurm_says("sbatch", "cat >/dev/null; echo 17")
    slurm_says(
        "scontrol", "echo 'JobId=17 JobState=PENDING Reason=Priority Restarts=0 BatchFlag=1'"
    )
    ended = shoal("submit", sweep, "--profile", profile, "--store", store)
    assert ended.code == 0
    assert "Slurm job 17 will run small-" in ended.out
    (folder,) = Path(store).glob("small-*")
    assert json.loads((folder / "slurm.json").read_text()) == {
        "job": "17",
        "is_for_this_alone": True,
    }
    status = shoal("status", "small", "--store", store).out
    assert "slurm    job 17: PENDING (Priority), 0 restarts" in status
    again = shoal("submit", sweep, "--profile", profile, "--store", store)
    assert again.code == 2
    assert "has Slurm job 17 already, which is PENDING" in again.err


def test_what_slurm_refuses_ends_with_its_words_and_leaves_nothing(
    shoal, sweep, store, profile, slurm_says
) -> None:
    slurm_says("sbatch", "echo 'sbatch: error: invalid partition specified: main' >&2; exit 1")
    ended = shoal("submit", sweep, "--profile", profile, "--store", store)
    assert ended.code == 2
    assert "Slurm refuses the job: sbatch: error: invalid partition specified: main" in ended.err
    assert not Path(store).exists()


def test_cancel_ends_a_slurm_job_that_waits(shoal, sweep, store, profile, slurm_says) -> None:
    slurm_says("sbatch", "cat >/dev/null; echo 17")
    slurm_says(
        "scontrol", "echo 'JobId=17 JobState=PENDING Reason=Priority Restarts=1 BatchFlag=1'"
    )
    slurm_says("scancel", f'echo "$@" >{profile}.cancelled')
    shoal("submit", sweep, "--profile", profile, "--store", store)
    ended = shoal("cancel", "small", "--store", store)
    assert ended.code == 0
    assert Path(f"{profile}.cancelled").read_text().split() == ["17"]


def test_a_profile_without_slurm_cannot_be_submitted(shoal, sweep, store, tmp_path) -> None:
    path = tmp_path / "laptop.toml"
    path.write_text("workers = 1\n")
    ended = shoal("submit", sweep, "--profile", path, "--store", store)
    assert ended.code == 2
    assert "found no table [slurm]" in ended.err


MPI_PROFILE = """
executor = "mpi"
[mpi]
cpus_per_rank = 2
gang = 4
aer = "my aer/site"
[slurm]
nodes = 2
cpus_per_node = 8
"""


def test_a_world_of_mpi_is_shown_as_a_script(shoal, sweep, store, tmp_path) -> None:
    path = tmp_path / "mpi.toml"
    path.write_text(MPI_PROFILE)
    ended = shoal("submit", sweep, "--profile", path, "--store", store, "--dry-run")
    assert ended.code == 0, ended
    assert "#SBATCH --ntasks-per-node=4\n#SBATCH --cpus-per-task=2\n" in ended.out
    assert f"export PYTHONPATH='{tmp_path}/my aer/site'\"${{PYTHONPATH:+" in ended.out
    *_, srun, command = ended.out.splitlines()
    assert srun == "exec srun --mpi=pmi2 --kill-on-bad-exit=1 --cpus-per-task=2 \\"
    assert command.endswith(f"--profile={path} --store={store} --executor=mpi")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[mpi]\ngang = 3\n", "found a gang of 3 ranks, expected 2, 4, 8"),
        ("[mpi]\nranks_per_node = 9\n", "has no room for 9 ranks of 1 cores"),
        ("workers = 8\n", "found 16 ranks on 2 nodes, of which one drives: expected workers = 15"),
        ('[mpi]\nlauncher = "a; b"\n', "mpi.launcher: found 'a; b'"),
    ],
)
def test_a_world_that_makes_no_sense_is_refused(shoal, sweep, store, tmp_path, said, words) -> None:
    path = tmp_path / "mpi.toml"
    path.write_text(f'executor = "mpi"\n{said}[slurm]\nnodes = 2\ncpus_per_node = 8\n')
    ended = shoal("submit", sweep, "--profile", path, "--store", store)
    assert ended.code == 2
    assert words in ended.err


def test_a_key_that_is_unknown_is_told_with_those_that_are(shoal, sweep, store, tmp_path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[slurm]\nnode = 4\n")
    ended = shoal("submit", sweep, "--profile", path, "--store", store)
    assert ended.code == 2
    assert "slurm.node" in ended.err
