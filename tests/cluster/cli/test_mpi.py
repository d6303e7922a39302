"""``shoal run --executor mpi`` under a real mpirun."""

import signal
import subprocess

import pytest
from tests.cluster.cli.test_run import digest_of_result, job_folder, wait_for_blocks
from tests.held_blocks import Hold, held_environment
from tests.mpi_world import SHOAL, environment, run, run_world, world_command

from shoal.orchestrator.job_folders import stored_jobs

pytestmark = pytest.mark.mpi

LONG = ("--set", 'parameters.axes.theta={linspace=[0, "pi", 2000]}', "--set", "precision=0.02")


def test_four_ranks_give_the_bits_of_one_process(shoal, sweep, store, tmp_path) -> None:
    assert shoal("run", sweep, "--store", tmp_path / "inline", "--executor", "inline").code == 0
    ended = run_world(4, *SHOAL, "run", sweep, "--store", store, "--executor", "mpi")
    assert ended.code == 0, ended
    assert ended.out.count("Every line") == 1
    expected = digest_of_result(job_folder(tmp_path / "inline"))
    assert digest_of_result(job_folder(store)) == expected


def test_a_complete_job_is_shown_again(shoal, sweep, store) -> None:
    assert shoal("run", sweep, "--store", store, "--executor", "inline").code == 0
    ended = run_world(2, *SHOAL, "run", sweep, "--store", store, "--executor", "mpi")
    assert ended.code == 0, ended
    assert ended.out.count("nothing was run again") == 1


def test_a_sweep_in_stages_keeps_its_world(shoal, sweep, store, tmp_path) -> None:
    command = ("run", sweep, "--set", "options.execution.adaptive=true", "--set", "precision=0.05")
    ended = run_world(3, *SHOAL, *command, "--store", store, "--executor", "mpi")
    assert ended.code == 0, ended
    assert shoal(*command, "--store", tmp_path / "one", "--executor", "inline").code == 0
    stages, alone = (
        {job.job_id: digest_of_result(job.folder) for job in stored_jobs(place)}
        for place in (store, tmp_path / "one")
    )
    assert stages == alone


def test_input_that_is_wrong_ends_all_ranks_with_one_message(sweep, store) -> None:
    command = ("run", sweep, "--store", store, "--executor", "mpi", "--set", "precison=3")
    ended = run_world(3, *SHOAL, *command)
    assert ended.code == 2, ended
    assert ended.err.count("unknown key") == 1


@pytest.mark.parametrize(
    ("profile", "options", "words"),
    [
        ("[mpi]\ngang = 3\n", (), "found a gang of 3 ranks, expected 2, 4, 8"),
        ("", ("--set", "engine=aer_mpi"), "needs an Aer that was built with MPI, and this one was"),
    ],
)
def test_what_a_world_cannot_do_is_told_once(
    sweep, store, tmp_path, profile, options, words
) -> None:
    path = tmp_path / "profile.toml"
    path.write_text(profile)
    command = ("run", sweep, "--store", store, "--executor", "mpi", "--profile", path, *options)
    ended = run_world(3, *SHOAL, *command)
    assert ended.code == 2, ended
    assert ended.err.count(words) == 1
    assert "Traceback" not in ended.err
    assert not store.exists()


def test_another_number_of_workers_than_there_are_is_told(sweep, store) -> None:
    ended = run_world(
        3, *SHOAL, "run", sweep, "--store", store, "--executor", "mpi", "--workers", 8
    )
    assert ended.code == 2, ended
    assert "8 workers were asked for, but the world has 2 ranks that work" in ended.err
    assert not store.exists()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "MPI has a world of one process"),
        (
            {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"},
            "srun started 4 processes, but MPI made 4 worlds of one process",
        ),
        ({"MPI4PY_LIBMPI": "/no/such/libmpi.so"}, "pip install 'shoal[mpi]'"),
    ],
)
def test_a_world_that_is_not_as_meant_is_an_error_at_once(sweep, store, environ, words) -> None:
    ended = run(*SHOAL, "run", sweep, "--store", store, "--executor", "mpi", env=environ)
    assert ended.code == 2, ended
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert not store.exists()


def test_only_the_first_of_many_worlds_says_what_is_wrong(sweep, store) -> None:
    environ = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"}
    ended = run(*SHOAL, "run", sweep, "--store", store, "--executor", "mpi", env=environ)
    assert (ended.code, ended.out, ended.err) == (2, "", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_all_ranks_and_leaves_a_job_that_can_go_on(
    sweep, store, number: signal.Signals, code: int
) -> None:
    command, hold = ("run", sweep, *LONG, "--store", store), Hold(store)
    process = subprocess.Popen(
        world_command(3, *SHOAL, *command, "--executor", "mpi"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**held_environment(store)),
    )
    wait_for_blocks(store, 1, process)
    process.send_signal(number)
    hold.slow()
    _, err = process.communicate(timeout=100)
    assert process.returncode == code, err
    assert "shoal resume small-" in err
    assert stored_jobs(store)[0].state == "stopped"
