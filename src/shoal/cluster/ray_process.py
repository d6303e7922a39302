"""The process of Ray's driver, seen from the process that it serves."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import Pipe

from ..primitives.errors import ExecutionError
from .node_folder import NodeFolder
from .ray_bringup import attached_environment, local_environment
from .ray_head import last_words
from .ray_messages import Command, Failed, Leave, Noticed, OpenJob, Report, Settings, Started
from .slurm.node_ray import allocation_environment
from .worker import JobNumber

START_SECONDS, ATTACH_SECONDS = 120.0, 120.0

SILENCE_SECONDS = 120.0
"""A driver that says nothing for so long hangs."""

LEAVE_SECONDS = 8.0

logger = logging.getLogger("shoal")

_PROGRAM = "import sys; from shoal.cluster.ray_driver import main; main(int(sys.argv[1]))"


class DriverEndedError(Exception):
    """The driver process is gone, or hangs; its words say why, as far as it could say."""


class DriverProcess:
    """A driver process of ours, in a session of its own."""

    def __init__(self, settings: Settings, folder: NodeFolder) -> None:
        """Start the process; `wait` tells when it has its Ray.

        Args:
            settings: How Ray is had.
            folder: Where its log and, if it starts one, its Ray are kept.
        """
        self._settings = settings
        self._folder = folder
        self._words = ""
        self._has_ray = False
        self._pipe, theirs = Pipe()
        kept = (theirs.fileno(), *(() if folder.lock is None else (folder.lock,)))
        with theirs, folder.log.open("ab", buffering=0) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(settings, folder),
                pass_fds=kept,
                # Ctrl-C at the terminal is for the user's process, which then ends this one.
                start_new_session=True,
            )
        folder.note_session(self._process.pid)
        self._pipe.send(settings)

    def wait(self) -> None:
        """Wait until the driver has its Ray.

        Raises:
            DriverEndedError: It ended first, or took too long; nothing of it is left running.
            ExecutionError: It said that there is no use in trying again.
        """
        patience = START_SECONDS if self._settings.address is None else ATTACH_SECONDS
        if (allocation := self._settings.allocation) is not None:
            # First the head may take as long as was said, and then the nodes.
            patience = START_SECONDS + 2.0 * allocation.bring_up.start_seconds
        patience += self._settings.attachment.start_seconds
        deadline = time.monotonic() + patience
        while (report := self.receive(deadline - time.monotonic())) is not None:
            if isinstance(report, Started):
                self._has_ray = True
                return
        raise DriverEndedError(f"it took longer than {patience:g} s{self._said()}")

    def send(self, command: Command) -> None:
        """Send a command; one to a driver that is gone is dropped."""
        with suppress(OSError):
            self._pipe.send(command)

    def open_job(self, job: JobNumber, spec: bytes) -> None:
        """Tell of a job.

        Args:
            job: Its number.
            spec: A pickled `JobSpec`.
        """
        with suppress(OSError):
            self._pipe.send(OpenJob(job, len(spec)))
            self._pipe.send_bytes(spec)

    def receive(self, timeout_seconds: float = SILENCE_SECONDS) -> Report | None:
        """Wait for a report.

        Args:
            timeout_seconds: How long.

        Returns:
            The report; ``None``: there was none in time.

        Raises:
            DriverEndedError: There will be none.
            ExecutionError: The driver said that there is no use in another one.
        """
        try:
            if not self._pipe.poll(max(timeout_seconds, 0.0)):
                return None
            report: Report = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise DriverEndedError(self._words or f"its driver ended{self._said()}") from error
        if isinstance(report, Noticed):
            logger.warning("%s", report.words)
        if isinstance(report, Failed):
            if report.is_final:
                raise ExecutionError(report.words)
            self._words = report.words
        return report

    def end(self) -> None:
        """End the process and everything that it started."""
        if self._has_ray:
            # It may give its workers back, or reap what it started; if it hangs, that is done here.
            self.send(Leave())
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LEAVE_SECONDS)
        self._process.kill()
        while self._folder.end_processes():
            time.sleep(0.01)
        self._process.wait()

    def _said(self) -> str:
        words = last_words(self._folder.log)
        return "" if words == "none" else f"; its last words: {words}"


def _environment(settings: Settings, folder: NodeFolder) -> Mapping[str, str]:
    if settings.address is not None:
        return attached_environment(os.environ, settings.attachment.token_path)
    ours = local_environment if settings.is_on_this_machine else allocation_environment
    environment = ours(os.environ, str(folder.token))
    return {**environment, "PYTHONPATH": os.pathsep.join(settings.search_path)}
