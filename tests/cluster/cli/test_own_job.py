"""Which Slurm job a command is in."""

import pytest

from shoal.cluster.cli.allocation import own_job


@pytest.mark.parametrize(
    ("environ", "job"),
    [
        ({}, ""),
        ({"SLURM_JOB_ID": "7"}, "7"),
        # The last task of an array has the array's own number: requeued, it would take all along.
        ({"SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"}, "7_3"),
    ],
)
def test_a_task_of_an_array_is_named_as_such(environ: dict[str, str], job: str) -> None:
    assert own_job(environ) == job
