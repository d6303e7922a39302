"""``shoal cancel``: ask whoever drives a job, or a part of it, to end it, and wait for that."""

from __future__ import annotations

import time
from pathlib import Path

from ...orchestrator.cancel_file import ask_to_cancel
from ...orchestrator.job_folders import find_job, stored_job
from ...orchestrator.lease import Driver, living_driver
from ...orchestrator.task_files import task_states
from .exits import RUN_FAILED, CommandFailed, wrong_input
from .slurm_status import end_slurm_job
from .terminal import print_lines

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.2


def cancel_job(store: Path, job: str) -> None:
    """End a job that some process runs; what is committed is kept.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.

    Raises:
        CommandFailed: There is no such job, nobody runs it, or its driver does not answer.
    """
    with wrong_input():
        folder = find_job(store, job)
        places = [folder, *(state.folder for state in task_states(folder) if state.driver)]
        drivers = {place: living for place in places if (living := living_driver(place))}
        if not drivers:
            if (slurm_job := end_slurm_job(folder)) is None:
                words = f"{folder.name} is {stored_job(folder).state}: nobody runs it"
                raise CommandFailed(words, RUN_FAILED)
            print_lines([f"Slurm job {slurm_job}, that was to run {folder.name}, was cancelled."])
            return
        for place, driver in drivers.items():
            ask_to_cancel(place, driver)
    deadline = time.monotonic() + PATIENCE_SECONDS
    for place, driver in drivers.items():
        if not _has_left(place, driver, deadline):
            raise CommandFailed(
                f"process {driver.pid} on {driver.host} was asked to end {folder.name} but has not "
                f"done so in {PATIENCE_SECONDS:.0f} s; it will when what is running is done",
                RUN_FAILED,
            )
    end_slurm_job(folder)
    found = stored_job(folder)
    print_lines(
        [
            f"{folder.name} was cancelled: {found.blocks_done} of {found.blocks} blocks are kept.",
            f"To go on: shoal resume {folder.name} --store {store}",
        ]
    )


def _has_left(folder: Path, driver: Driver, deadline: float) -> bool:
    while True:
        now = living_driver(folder)
        if now is None or now.token != driver.token:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
