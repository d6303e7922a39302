"""How long a Slurm job still has; a shell script stands for squeue."""

import os
import signal
import time
from pathlib import Path

import pytest

from shoal.cluster.slurm import job_clock
from shoal.cluster.slurm.job_clock import MARGIN_SECONDS, walltime_of_this_job

INSIDE = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "n1"}


@pytest.fixture(autouse=True)
def _own_warning():
    before = signal.getsignal(job_clock.WARNING_SIGNAL)
    yield
    signal.signal(job_clock.WARNING_SIGNAL, before)
    job_clock._warning.clear()


@pytest.fixture
def squeue_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def says(text: str) -> None:
        (tmp_path / "squeue").write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "squeue").chmod(0o755)

    return says


def test_outside_of_a_job_nobody_says_how_long() -> None:
    with walltime_of_this_job({}) as walltime:
        assert walltime is None


def test_the_time_left_is_the_controllers_less_a_margin(squeue_says) -> None:
    squeue_says("echo 1:00:00")
    with walltime_of_this_job(INSIDE) as walltime:
        left = walltime.seconds_left(time.monotonic())
    assert 3000.0 < left <= 3600.0 - MARGIN_SECONDS


@pytest.mark.parametrize("said", ["echo UNLIMITED", "echo controller is down >&2; exit 1"])
def test_without_a_limit_there_is_no_end(squeue_says, said: str) -> None:
    squeue_says(said)
    with walltime_of_this_job(INSIDE) as walltime:
        assert walltime.seconds_left(time.monotonic()) is None


def test_the_warning_signal_begins_the_drain(squeue_says) -> None:
    squeue_says("echo UNLIMITED")
    with walltime_of_this_job(INSIDE) as walltime:
        assert not walltime.is_draining
        os.kill(os.getpid(), job_clock.WARNING_SIGNAL)
        while not walltime.is_draining:
            time.sleep(0.05)
