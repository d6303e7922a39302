"""What ``shoal doctor`` says of Slurm: each finding asked for, not guessed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from ...primitives.errors import ExecutionError
from ..slurm.commands import SlurmError, job_record, seconds_left, slurm_output
from ..slurm.environment import is_in_allocation, node_of_this_process, nodes_of
from ..slurm.own_address import own_address
from .finding import Finding


def slurm_version() -> Finding:
    """Look for Slurm's commands, and ask whether its controller answers."""
    if shutil.which("sbatch") is None:
        return Finding("Slurm", "note", "none: no sbatch on PATH")
    version = "its commands are here"
    try:
        version = slurm_output(["sbatch", "--version"]).strip()
        partitions = slurm_output(["sinfo", "--noheader", "--format=%P %D"]).split("\n")
    except SlurmError as error:
        return Finding("Slurm", "note", f"{version}, but {error}")
    said = ", ".join(f"{' ('.join(line.split())} nodes)" for line in partitions if line.strip())
    return Finding("Slurm", "ok", f"{version}; partitions: {said}")


def slurm_job() -> Finding:
    """Say in which Slurm job this process is, how long that has, and how its nodes are reached."""
    if not is_in_allocation(os.environ):
        return Finding("Slurm job", "note", "none: this process is not in one")
    job = os.environ["SLURM_JOB_ID"]
    nodes = nodes_of(os.environ)
    words = f"{job} on {len(nodes)} nodes"
    left = seconds_left(job)
    words += ", without a limit of time" if left is None else f", {left / 60.0:.0f} minutes left"
    record = job_record(job)
    may_go_on = record is not None and record.is_batch and record.may_requeue
    words += ", queued again at its end" if may_go_on else ", not queued again at its end"
    here = node_of_this_process(os.environ)
    if here is None:
        return Finding("Slurm job", "note", f"{words}; this is no node of it")
    others = tuple(node for node in nodes if node != here)
    with suppress(ExecutionError):
        words += f"; this node's address is {own_address(None, others or (here,))}"
    return Finding("Slurm job", "ok", words)
