"""``shoal run --array``: tasks with no driver in common, of which one reduces."""

import signal
from pathlib import Path

import pytest
from tests.cluster.cli.test_run import (
    LONG_CIRCUIT,
    SLOW_SWEEP,
    digest_of_result,
    job_folder,
    wait_for_blocks,
)
from tests.held_blocks import Hold, held_environment

from shoal.cluster.cli.array_option import array_task
from shoal.cluster.cli.exits import CommandFailed
from shoal.orchestrator.array_tasks import ArrayTask
from shoal.orchestrator.job_folders import stored_jobs

INLINE = ("--executor", "inline", "--workers", 1)
MANY = ("--set", 'parameters.axes.theta={linspace=[0, "pi", 4000]}')
SHORTER = ("--set", "parameters.axes.theta={linspace=[0, 1, 1500]}")


@pytest.fixture
def slow_sweep(tmp_path: Path) -> Path:
    (tmp_path / "long_circuit.py").write_text(LONG_CIRCUIT)
    path = tmp_path / "slow.toml"
    path.write_text(SLOW_SWEEP)
    return path


@pytest.fixture
def expected(shoal, sweep, tmp_path: Path) -> str:
    assert shoal("run", sweep, *MANY, "--store", tmp_path / "one", *INLINE).code == 0
    return digest_of_result(job_folder(tmp_path / "one"))


def slurm(**said: int) -> dict[str, str]:
    return {f"SLURM_ARRAY_TASK_{name.upper()}": str(value) for name, value in said.items()}


def test_tasks_one_after_the_other_give_the_bits_of_one_process(shoal, sweep, store, expected):
    for index in (2, 0, 1):
        ended = shoal("run", sweep, *MANY, "--store", store, *INLINE, "--array", f"{index}/3")
        assert ended.code == 0, ended.err
        assert ("was the last" in ended.out) == (index == 1)
    assert digest_of_result(job_folder(store)) == expected
    again = shoal("run", sweep, *MANY, "--store", store, *INLINE, "--array", "0/3")
    assert (again.code, "nothing is left" in again.out) == (0, True)


@pytest.mark.slow
def test_eight_tasks_at_once_make_one_job_and_one_result(start_shoal, sweep, store, expected):
    tasks = [
        start_shoal("run", sweep, *MANY, "--store", store, *INLINE, "--array", f"{index}/8")
        for index in range(8)
    ]
    ends = [task.communicate(timeout=250) for task in tasks]
    assert [task.returncode for task in tasks] == [0] * 8, ends
    assert sum("was the last" in out for out, _ in ends) == 1
    assert digest_of_result(job_folder(store)) == expected
    assert stored_jobs(store)[0].state == "complete"


@pytest.mark.slow
def test_a_task_that_ends_early_is_gone_on_with(shoal, start_shoal, slow_sweep, store, tmp_path):
    command = ("run", slow_sweep, *SHORTER, *INLINE)
    hold, held = Hold(store), held_environment(store)
    task = start_shoal(*command, "--store", store, "--array", "0/2", **held)
    wait_for_blocks(store, 1, task)
    refused = shoal(*command, "--store", store)
    assert refused.code == 2
    assert "tasks of a job array (0 of 2; on" in refused.err
    task.send_signal(signal.SIGKILL)
    task.communicate(timeout=100)
    assert "task     0 of 2: stopped" in shoal("status", "slow", "--store", store).out

    hold.allow_more(1)
    before = stored_jobs(store)[0].blocks_done
    cancelled = start_shoal(*command, "--store", store, "--array", "1/2", **held)
    wait_for_blocks(store, before + 1, cancelled)
    assert shoal("cancel", "slow", "--store", store).code == 0
    _, err = cancelled.communicate(timeout=100)
    assert (cancelled.returncode, "cancelled" in err) == (1, True)

    other = shoal(*command, "--store", store, "--array", "1/2")
    assert other.code == 0, other.err
    assert "Not begun, or stopped: tasks 0." in other.out
    assert shoal("resume", "slow", "--store", store, *INLINE).code == 0
    assert shoal(*command, "--store", tmp_path / "one").code == 0
    digests = {digest_of_result(job_folder(place)) for place in (store, tmp_path / "one")}
    assert len(digests) == 1


def test_a_sweep_in_stages_is_refused(shoal, sweep, store) -> None:
    staged = ("--set", "options.execution.adaptive=true", "--set", "precision=0.05")
    ended = shoal("run", sweep, *staged, "--store", store, *INLINE, "--array", "0/2")
    assert ended.code == 2
    assert "runs in stages" in ended.err


@pytest.mark.parametrize(
    ("said", "environ", "task"),
    [
        ("3/8", {}, ArrayTask(3, 8)),
        ("slurm", slurm(id=5, min=0, max=7, step=1, count=8), ArrayTask(5, 8)),
        ("slurm", slurm(id=14, min=10, max=16, step=2, count=4), ArrayTask(2, 4)),
        ("slurm", slurm(id=3, min=3, max=3, step=1, count=1), ArrayTask(0, 1)),
    ],
)
def test_which_task_it_is(said: str, environ: dict[str, str], task: ArrayTask) -> None:
    assert array_task(said, environ) == task


@pytest.mark.parametrize(
    ("said", "environ", "words"),
    [
        ("slurm", {}, "submit with sbatch --array=0-7"),
        ("slurm", slurm(id=7, min=3, max=7, step=1, count=2), "--array 7/N"),
        ("8/8", {}, "expected 0 to 7"),
        ("3", {}, "expected I/N"),
    ],
)
def test_what_cannot_be_a_task_is_told(said: str, environ: dict[str, str], words: str) -> None:
    with pytest.raises(CommandFailed, match=words) as raised:
        array_task(said, environ)
    assert raised.value.code == 2
