"""Slurm's commands, run; their errors in one line, in Slurm's own words."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from ...primitives.errors import ExecutionError
from .job_record import JobRecord, parse_job
from .step import slurm_words
from .time_left import parse_time_left

COMMAND_SECONDS = 60.0
"""A controller that answers nobody for so long is down."""


class SlurmError(ExecutionError):
    """A command of Slurm's failed; the message has its words."""


def slurm_output(command: Sequence[str], text: str | None = None) -> str:
    """Run a command and return what it prints.

    Args:
        command: The command.
        text: What it reads.

    Raises:
        SlurmError: It is not there, failed, or did not answer.
    """
    try:
        done = subprocess.run(
            command,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SlurmError(
            f"no {command[0]} on PATH: Slurm's commands are on a cluster's login and compute nodes"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SlurmError(
            f"{command[0]} did not answer within {COMMAND_SECONDS:g} s: Slurm's controller is busy"
            " or down"
        ) from error
    if done.returncode != 0:
        raise SlurmError(f"{slurm_words(done.stderr)} ({command[0]} ended with {done.returncode})")
    return done.stdout


def job_record(job: str) -> JobRecord | None:
    """Ask for a job.

    Args:
        job: Its number.

    Returns:
        What Slurm knows; ``None``: it has forgotten the job.

    Raises:
        SlurmError: Slurm does not answer.
    """
    try:
        return parse_job(slurm_output(["scontrol", "--oneliner", "show", "job", job]))
    except SlurmError as error:
        if "Invalid job id" in str(error):
            return None
        raise


def is_node_down(node: str) -> bool:
    """Ask whether Slurm has given up a node.

    Args:
        node: Its name.

    Raises:
        SlurmError: Slurm does not answer.
    """
    said = slurm_output(["scontrol", "--oneliner", "show", "node", node])
    states = [word for word in said.split() if word.startswith("State=")]
    return any("DOWN" in state for state in states)


def seconds_left(job: str) -> float | None:
    """Ask how long a job may run on, by the controller's clock: nodes' clocks may differ.

    Args:
        job: Its number.

    Returns:
        Seconds; ``None``: it has no limit.

    Raises:
        SlurmError: Slurm does not answer.
    """
    return parse_time_left(slurm_output(["squeue", "--noheader", f"--jobs={job}", "--format=%L"]))


def submit_job(script: str, *, is_test: bool = False) -> str:
    """Submit a batch script.

    Args:
        script: Its text.
        is_test: Whether Slurm is only to say what it thinks of it.

    Returns:
        The job's number; of a test, nothing that means something.

    Raises:
        SlurmError: Slurm refuses it.
    """
    options = ["--test-only"] if is_test else []
    return slurm_output(["sbatch", "--parsable", *options], script).strip().partition(";")[0]


def requeue_job(job: str) -> None:
    """Let a job start again, some time, in an allocation of its own.

    Args:
        job: Its number.

    Raises:
        SlurmError: Slurm refuses.
    """
    slurm_output(["scontrol", "requeue", job])


def interrupt_step(job: str, name: str) -> None:
    """Send SIGINT to the processes of a step: after SIGTERM, a SIGKILL would follow soon.

    Args:
        job: Its job's number.
        name: Its own.

    Raises:
        SlurmError: There is no such step.
    """
    steps = ["squeue", "--steps", "--noheader", f"--jobs={job}", "--format=%i %j"]
    for line in slurm_output(steps).splitlines():
        step, found = line.split(maxsplit=1)
        if found.strip() == name:
            slurm_output(["scancel", "--signal=INT", step])
            return
    raise SlurmError(f"job {job} has no step {name}")


def cancel_slurm_job(job: str) -> None:
    """End a job, whether it waits or runs.

    Args:
        job: Its number.

    Raises:
        SlurmError: Slurm refuses.
    """
    slurm_output(["scancel", job])
