"""Slurm's commands, and what is said where they fail; a shell script stands for each."""

from pathlib import Path

import pytest

from shoal.cluster.slurm.commands import (
    SlurmError,
    job_record,
    requeue_job,
    seconds_left,
    submit_job,
)


@pytest.fixture
def slurm_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def says(command: str, script: str) -> None:
        path = tmp_path / command
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return says


def test_a_job_has_a_number(slurm_says) -> None:
    slurm_says("sbatch", "cat >/dev/null; echo '17;cluster'")
    assert submit_job("#!/bin/bash\n") == "17"


def test_a_refusal_is_told_in_slurms_own_words(slurm_says) -> None:
    slurm_says("sbatch", "echo 'sbatch: error: Invalid account' >&2; exit 1")
    with pytest.raises(SlurmError, match=r"^sbatch: error: Invalid account \(sbatch ended"):
        submit_job("#!/bin/bash\n")


def test_a_job_that_slurm_has_forgotten_is_none(slurm_says) -> None:
    slurm_says("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    assert job_record("17") is None


def test_the_time_left_is_the_controllers(slurm_says) -> None:
    slurm_says("squeue", "echo '1:00:00'")
    assert seconds_left("17") == 3600.0


def test_without_slurm_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SlurmError, match="no scontrol on PATH"):
        requeue_job("17")
