"""Commands inside of a Slurm job: where they run, and what they do when its time is over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import TypeVar

from ...orchestrator.lease import BEAT_SECONDS, STALE_SECONDS
from ...primitives.errors import DrivenElsewhereError, OutOfTimeError
from ..slurm.commands import SlurmError, interrupt_step, job_record, requeue_job
from ..slurm.environment import is_in_allocation, node_of_this_process, nodes_of
from ..slurm.job_clock import listen_for_warning
from ..slurm.slurm_note import SlurmNote, leave_note
from ..slurm.step import step_command, step_environment
from .exits import RUN_FAILED, CommandFailed, say_error, wrong_input
from .settings import Settings

Opened = TypeVar("Opened")

GOES_ON_LATER = os.EX_TEMPFAIL
"""How a command exits that Slurm starts again."""


def uses_allocation(settings: Settings) -> bool:
    """Tell whether Ray is to be started on the nodes of a Slurm job.

    Args:
        settings: What was said.

    Raises:
        CommandFailed: It should, but there is no ``srun``.
    """
    if settings.executor != "ray" or settings.address is not None:
        return False
    if not is_in_allocation(os.environ):
        return False
    nodes = nodes_of(os.environ)
    if shutil.which("srun") is not None:
        return True
    if len(nodes) == 1:
        return False
    raise CommandFailed(
        f"this is Slurm job {os.environ['SLURM_JOB_ID']} with {len(nodes)} nodes, but there is no"
        " srun on PATH to start anything on the others; --executor inline uses this one alone",
        RUN_FAILED,
    )


def enter_allocation(settings: Settings) -> None:
    """Get to where a command can do its work: from ``salloc``'s shell onto the first node.

    Args:
        settings: What was said.

    Raises:
        CommandFailed: A shell on a login node: the command has run on the first node, and ended.
    """
    with wrong_input():
        if is_in_allocation(os.environ):
            listen_for_warning()
        if not uses_allocation(settings) or node_of_this_process(os.environ) is not None:
            return
    nodes = nodes_of(os.environ)
    say_error(f"this is no node of Slurm job {os.environ['SLURM_JOB_ID']}: going on at {nodes[0]}")
    sys.exit(_run_on(nodes[0]))


def when_free(open_folder: Callable[[], Opened]) -> Opened:
    """Open a job's folder; a Slurm job waits until an earlier one is certainly dead.

    A node that was lost has not said goodbye, and nobody is there to try again later.

    Args:
        open_folder: Opens it.

    Raises:
        DrivenElsewhereError: Somebody else runs the job, and goes on with it.
    """
    deadline = time.monotonic() + (STALE_SECONDS + BEAT_SECONDS if _is_in_batch() else 0.0)
    is_told = False
    while True:
        try:
            return open_folder()
        except DrivenElsewhereError as error:
            if time.monotonic() > deadline:
                raise
            if not is_told:
                say_error(f"waiting for another driver to end: {error}")
            is_told = True
            time.sleep(1.0)


def _is_in_batch() -> bool:
    return is_in_allocation(os.environ) and not sys.stdin.isatty()


def _run_on(node: str) -> int:
    """Run this command on a node of the job; return how it ended there."""
    job, name = os.environ["SLURM_JOB_ID"], f"shoal-{os.getpid()}"
    program = [sys.executable, "-P", "-m", "shoal.cluster.cli", *sys.argv[1:]]
    srun, *options = step_command(job, node, program)
    # In a session of its own: of Ctrl-C and SIGTERM, srun would make a SIGKILL of the step.
    process = subprocess.Popen(
        [srun, f"--job-name={name}", *options],
        env=step_environment(os.environ),
        start_new_session=True,
    )

    def _hand_on(number: int, frame: FrameType | None) -> None:
        try:
            interrupt_step(job, name)
        except SlurmError as refusal:
            say_error(str(refusal))
            process.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _hand_on)
    return process.wait()


def note_allocation(folder: Path) -> None:
    """Note for ``shoal status`` in which Slurm job a stored job is run, if it is.

    Args:
        folder: The stored job's folder.
    """
    if is_in_allocation(os.environ):
        # Is this process the batch script itself, by way of exec?
        is_script = os.environ.get("SLURM_TASK_PID") == str(os.getpid())
        leave_note(folder, SlurmNote(os.environ["SLURM_JOB_ID"], is_for_this_alone=is_script))


def own_job(environ: Mapping[str, str]) -> str:
    """Name this process's Slurm job; a task's number may be that of its whole array, too.

    Args:
        environ: The environment's variables.
    """
    array, task = environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else environ.get("SLURM_JOB_ID", "")


def when_time_is_over(error: OutOfTimeError, kept: str) -> CommandFailed:
    """Ask Slurm for another allocation, where that makes sense.

    Args:
        error: What ended the run.
        kept: What is committed, and how to go on by hand.

    Returns:
        What to end the command with.
    """
    if not error.has_progressed:
        return CommandFailed(
            f"{error}: more allocations like this one would not help; ask for a longer time, or for"
            f" blocks of fewer shots\n{kept}",
            RUN_FAILED,
        )
    job = own_job(os.environ)
    try:
        record = job_record(job)
        if record is None or not (record.is_batch and record.may_requeue):
            return CommandFailed(f"{error}\n{kept}", RUN_FAILED)
        say_error(f"{error}; Slurm job {job} is put into the queue again, and goes on from there")
        requeue_job(job)
    except SlurmError as refusal:
        return CommandFailed(f"{error}; it was not requeued: {refusal}\n{kept}", RUN_FAILED)
    return CommandFailed("", GOES_ON_LATER)
