"""What agents do when the driver's node is lost; shell scripts stand for Slurm's commands."""

from pathlib import Path

import pytest

from shoal.cluster.slurm.lost_driver import end_job_without_script

NODE = 'node) echo "NodeName=n1 State={state}+CLOUD" ;;'
JOB = 'job) echo "JobId=17 JobState=RUNNING Requeue={requeue} BatchFlag=1 BatchHost=n1" ;;'


@pytest.fixture
def done_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    done = tmp_path / "done"

    def act(state: str, requeue: int) -> tuple[bool, str]:
        cases = NODE.format(state=state) + JOB.format(requeue=requeue)
        commands = {
            "scontrol": f'case "$3" in {cases} *) echo "$@" >>{done} ;; esac',
            "scancel": f'echo scancel "$@" >>{done}',
        }
        for name, script in commands.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
        is_gone = end_job_without_script("17", "n1")
        return is_gone, done.read_text().strip() if done.exists() else ""

    return act


def test_a_job_that_lost_its_script_is_started_again(done_to) -> None:
    assert done_to("DOWN*", requeue=1) == (True, "requeue 17")


def test_one_that_may_not_is_ended(done_to) -> None:
    assert done_to("DOWN*", requeue=0) == (True, "scancel 17")


def test_a_node_that_is_only_silent_is_waited_for(done_to) -> None:
    assert done_to("ALLOCATED", requeue=1) == (False, "")


def test_without_slurm_nothing_is_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not end_job_without_script("17", "n1")
