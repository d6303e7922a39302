"""How long this Slurm job still has: its warning signal, and the controller's clock."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from ...orchestrator.walltime import Walltime
from .commands import SlurmError, seconds_left
from .environment import is_in_allocation

WARNING_SIGNAL = signal.SIGUSR1
"""``--signal=B:USR1@SECONDS`` sends it to the batch script alone, which is our process by then."""

MARGIN_SECONDS = 20.0
"""Kept free before the end: to read the last answers, to write the ledger, to requeue."""

LOOK_SECONDS, ASK_SECONDS = 0.5, 60.0
"""How often a warning is looked for; how often Slurm is asked: limits can be changed."""

_warning = threading.Event()


def listen_for_warning() -> None:
    """Take the warning signal as such, in place of dying of it; called by the main thread."""
    signal.signal(WARNING_SIGNAL, _note_warning)


def _note_warning(number: int, frame: FrameType | None) -> None:
    _warning.set()


class JobClock:
    """Tells a walltime what it learns, until it is closed."""

    def __init__(self, job: str) -> None:
        """Ask Slurm, and go on asking.

        Args:
            job: Slurm's number of the job.
        """
        self.walltime = Walltime()
        self._job = job
        self._closed = threading.Event()
        self._ask()
        threading.Thread(target=self._watch, name="shoal-walltime", daemon=True).start()

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()

    def _watch(self) -> None:
        asked = time.monotonic()
        while not self._closed.wait(LOOK_SECONDS):
            if _warning.is_set():
                self.walltime.drain()
            if time.monotonic() - asked > ASK_SECONDS:
                asked = time.monotonic()
                self._ask()

    def _ask(self) -> None:
        # A controller that does not answer now is no reason to forget what it said before.
        with suppress(SlurmError):
            left = seconds_left(self._job)
            now = time.monotonic()
            self.walltime.ends_at(None if left is None else now + left - MARGIN_SECONDS)


@contextmanager
def walltime_of_this_job(environment: Mapping[str, str] = os.environ) -> Iterator[Walltime | None]:
    """Watch the clock of the Slurm job that this process belongs to, if it does.

    Args:
        environment: Of this process.

    Yields:
        How long there are workers; ``None``: nobody says so.
    """
    if not is_in_allocation(environment):
        yield None
        return
    is_unheard = signal.getsignal(WARNING_SIGNAL) in (signal.SIG_DFL, signal.SIG_IGN)
    if is_unheard and threading.current_thread() is threading.main_thread():
        listen_for_warning()
    clock = JobClock(environment["SLURM_JOB_ID"])
    try:
        yield clock.walltime
    finally:
        clock.close()
