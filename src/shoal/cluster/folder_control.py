"""A job's control that also hears wishes left in the job's folder."""

from __future__ import annotations

import time
from pathlib import Path

from ..orchestrator.cancel_file import is_asked_to_cancel
from ..orchestrator.lease import read_driver
from ..primitives.job import JobControl, Progress

LOOK_SECONDS = 1.0
"""How often the folder is looked at."""


class FolderControl:
    """What the scheduler's loop sees of a job that has a folder, driven by this process."""

    def __init__(self, control: JobControl, folder: Path) -> None:
        """Listen for this driver's name.

        Args:
            control: The job's own control.
            folder: The job's folder, driven by this process.
        """
        self._control = control
        self._folder = folder
        self._driver = read_driver(folder)
        self._looked = 0.0

    def report(self, progress: Progress) -> None:
        """Say how far the work has come."""
        self._control.report(progress)

    def cancelled(self) -> bool:
        """Return whether the job is to end, whoever wished it."""
        now = time.monotonic()
        if self._driver is not None and now - self._looked > LOOK_SECONDS:
            self._looked = now
            if is_asked_to_cancel(self._folder, self._driver):
                self._control.cancel()
        return self._control.cancelled()
