"""``shoal cancel``: ask whoever drives a job to end it, and wait until it has."""

from __future__ import annotations

import time
from pathlib import Path

from ...orchestrator.cancel_file import ask_to_cancel
from ...orchestrator.job_folders import find_job, stored_job
from ...orchestrator.lease import Driver, living_driver
from .exits import RUN_FAILED, CommandFailed, wrong_input
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
        driver = living_driver(folder)
        if driver is None:
            raise CommandFailed(f"{folder.name} is {stored_job(folder).state}: nobody runs it", 1)
        ask_to_cancel(folder, driver)
    if not _has_left(folder, driver):
        raise CommandFailed(
            f"process {driver.pid} on {driver.host} was asked to end {folder.name} but has not "
            f"done so in {PATIENCE_SECONDS:.0f} s; it will when what is running is done",
            RUN_FAILED,
        )
    found = stored_job(folder)
    print_lines(
        [
            f"{folder.name} was cancelled: {found.blocks_done} of {found.blocks} blocks are kept.",
            f"To go on: shoal resume {folder.name} --store {store}",
        ]
    )


def _has_left(folder: Path, driver: Driver) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        now = living_driver(folder)
        if now is None or now.token != driver.token:
            return True
        time.sleep(LOOK_SECONDS)
    return False
