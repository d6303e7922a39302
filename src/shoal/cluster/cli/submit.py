"""``shoal submit``: a sweep as a Slurm job of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ...primitives.expansion import expand
from ..engines.choice import check
from ..mpi.mpi_script import mpi_script
from ..slurm.batch_script import batch_script
from ..slurm.commands import SlurmError, submit_job
from ..slurm.slurm_note import SlurmNote, leave_note, noted_record, read_note
from ..slurm.slurm_table import SlurmTable
from ..sweeps.request import request_of
from ..sweeps.sweep import read_sweep
from .exits import INPUT_WRONG, CommandFailed, wrong_input
from .prepare import prepare_job
from .queue_opening import refuse_queues
from .run_sweep import FirstJob, first_job
from .settings import Settings
from .terminal import print_lines


def submit_sweep(
    path: Path,
    overrides: Sequence[str],
    profile: Path,
    settings: Settings,
    *,
    is_dry_run: bool,
) -> None:
    """Write a batch script for a sweep, and submit it.

    Args:
        path: The sweep file.
        overrides: As after ``--set``.
        profile: The profile, with a table ``[slurm]``.
        settings: What it and the command line say.
        is_dry_run: Whether the script is only shown.

    Raises:
        CommandFailed: The input is wrong, or Slurm refuses the job.
    """
    table = settings.slurm
    if table is None:
        raise CommandFailed(
            f"{profile}: found no table [slurm], expected one that says nodes, time, partition ...",
            INPUT_WRONG,
        )
    with wrong_input():
        sweep = read_sweep(path, overrides)
        request = request_of(sweep, settings.queue_tables)
        refuse_queues(
            request,
            settings,
            "shoal submit",
            "a job's circuits are placed for a device before it has a folder, where the vendor can"
            " be reached; submit a script of your own with shoal run in it",
        )
        begin = first_job(request, sweep)
        check(begin.request, expand(begin.request), is_here=False)
    said = sweep.source.table.store
    store = settings.store_over(None if said is None else sweep.source.beside(said)).absolute()
    command = _command(path, overrides, profile, settings, store, table)
    with wrong_input():
        script = _script(sweep.name, command, table, settings)
    if is_dry_run:
        sys.stdout.write(script)
        return
    with wrong_input():
        _submit(script, begin, store)


def _script(name: str, command: Sequence[str], table: SlurmTable, settings: Settings) -> str:
    """Write the script of what the profile says: one driver, or all ranks of a world.

    Raises:
        ValueError: The profile's numbers do not fit each other.
    """
    if settings.executor != "mpi":
        return batch_script(name, command, table)
    working = table.nodes * settings.mpi.ranks_on(table.cpus_per_node) - 1
    if settings.workers not in (None, working):
        raise ValueError(
            f"workers = {settings.workers}: found {working + 1} ranks on {table.nodes} nodes, of "
            f"which one drives: expected workers = {working}, or none said"
        )
    return mpi_script(name, command, table, settings.mpi, settings.aer_site)


def _submit(script: str, begin: FirstJob, store: Path) -> None:
    try:
        submit_job(script, is_test=True)
        workload = expand(begin.request)
        folder = prepare_job(
            begin.request, workload, begin.name, store, begin.keepsake, repair=False
        ).folder
        _check_not_submitted(folder)
        job = submit_job(script)
    except SlurmError as error:
        raise CommandFailed(f"Slurm refuses the job: {error}", INPUT_WRONG) from error
    leave_note(folder, SlurmNote(job, is_for_this_alone=True))
    print_lines(
        [
            f"Slurm job {job} will run {folder.name}{begin.and_then}.",
            "It takes as many allocations as it needs.",
            f"To watch it:  shoal status {folder.name} --store {store}",
            f"To end it:    shoal cancel {folder.name} --store {store}",
        ]
    )


def _check_not_submitted(folder: Path) -> None:
    record = noted_record(read_note(folder))
    if record is not None and not record.is_over:
        raise CommandFailed(
            f"{folder.name} has Slurm job {record.job} already, which is {record.state}: wait for"
            f" it, or end it: shoal cancel {folder.name} --store {folder.parent}",
            INPUT_WRONG,
        )


def _command(
    path: Path,
    overrides: Sequence[str],
    profile: Path,
    settings: Settings,
    store: Path,
    table: SlurmTable,
) -> Sequence[str]:
    shoal = table.command or str(Path(sys.executable).parent / "shoal")
    command = [shoal, "run", str(path.absolute()), f"--profile={profile.absolute()}"]
    command += [f"--store={store}"]
    if settings.workers is not None:
        command += [f"--workers={settings.workers}"]
    if settings.executor == "mpi":
        command += ["--executor=mpi"]
    return [*command, *(f"--set={override}" for override in overrides)]
