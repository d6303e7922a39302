"""The batch script of a sweep."""

import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError

from shoal.cluster.slurm.batch_script import batch_script
from shoal.cluster.slurm.slurm_table import SlurmTable

EXPECTED = Path(__file__).with_name("expected.sbatch")

TABLE = SlurmTable(
    nodes=4,
    cpus_per_node=32,
    gpus_per_node=4,
    memory="64G",
    time="02:00:00",
    partition="gpu",
    account="me",
    exclusive=True,
    options=("--switches=1",),
    setup=("module load python",),
)


def test_the_script_is_what_people_would_write() -> None:
    command = ["shoal", "run", "/home/me/my sweep.toml", "--set=name=it's; rm -rf /"]
    assert batch_script("h2 at 1.5", command, TABLE) == EXPECTED.read_text()


def test_what_users_say_stays_one_word_of_the_command() -> None:
    command = ["shoal", "$(touch pwned)", "`id`", "a b", "'", "\n"]
    last = batch_script("x", command, SlurmTable()).split("\nexec ", 1)[1]
    said = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {last}"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\0")[:-1] == command


def test_a_job_that_may_not_be_queued_again_says_so() -> None:
    assert "#SBATCH --no-requeue" in batch_script("x", ["true"], SlurmTable(requeue=False))


@pytest.mark.parametrize(
    "wrong",
    [
        {"partition": "a b"},
        {"account": "x\n#SBATCH --uid=0"},
        {"time": '1"'},
        {"options": ("switches",)},
        {"options": ("--a\n--b",)},
        {"setup": ("a\nb",)},
        {"nodes": 0},
        {"node": 1},
    ],
)
def test_what_would_not_be_one_line_is_refused(wrong) -> None:
    with pytest.raises(ValidationError):
        SlurmTable(**wrong)
