"""The workers of a Ray, shared by jobs of this process; a driver process that ends is replaced."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from ..orchestrator.ports import ShardCommitted, Slot, WorkerId, WorkerJoined, WorkerLost
from ..primitives.errors import ExecutionError
from .job_pool import JobPool
from .node_folder import NodeFolder
from .pickles import dumps
from .ray_messages import (
    AddKind,
    CallReturned,
    CloseJob,
    Command,
    Happened,
    Homeless,
    Report,
    Settings,
)
from .ray_process import DriverEndedError, DriverProcess
from .worker import JobNumber
from .worker_kind import WorkerKind

MAX_RESTARTS = 3
"""Drivers that are replaced, one after the other, without a shard committed in between."""

logger = logging.getLogger("shoal")


class RayPool(JobPool):
    """Workers that jobs share, as long as it is open."""

    def __init__(self, settings: Settings, folder: NodeFolder) -> None:
        """Start a driver process and wait until it has its Ray.

        Args:
            settings: Where Ray is, or how it is started.
            folder: A folder for this pool alone; removed with it.

        Raises:
            ExecutionError: Ray could not be started, or not be reached; nothing is left running.
        """
        super().__init__()
        self._settings = settings
        self._folder = folder
        self._joined: dict[WorkerId, WorkerJoined] = {}
        self._restarts = 0
        self._watcher = threading.Thread(target=self._watch, name="shoal-ray", daemon=True)
        self._driver = DriverProcess(settings, folder)
        try:
            self._wait_for_ray()
        except BaseException as error:
            self.close()
            if isinstance(error, DriverEndedError | ExecutionError):
                raise ExecutionError(self._no_ray(error)) from error
            raise
        self._watcher.start()

    def _wait_for_ray(self) -> None:
        """Wait for the first driver's Ray; one of this machine is started once more if need be."""
        try:
            self._driver.wait()
        except (DriverEndedError, ExecutionError) as error:
            if self._settings.address is not None or self._settings.allocation is not None:
                raise
            # On a busy machine a node may miss Ray's half a minute, and a port may get lost.
            logger.warning("Ray did not start %s (%s); once more", _where(self._settings), error)
            self._driver.end()
            shutil.rmtree(self._folder.ray, ignore_errors=True)
            self._start_next()
            self._driver.wait()

    @property
    def slots(self) -> Sequence[Slot]:
        """What workers may use: one of each kind."""
        return [kind.slot for kind in self._settings.kinds]

    def add(self, kind: WorkerKind) -> None:
        """Have workers of another kind, too; jobs are told of them as they come.

        Args:
            kind: What they need, and which jobs they serve.
        """
        with self._lock:
            self.check_open()
            self._want(*self._settings.kinds, kind)
            self._driver.send(AddKind(kind))

    def send(self, command: Command) -> None:
        """Send a command; what it is about is reported as lost where nobody takes it."""
        with self._lock:
            self._driver.send(command)

    def close_job(self, job: JobNumber) -> None:
        """End a job: nothing more is told, what runs for it is not wanted any more."""
        with self._lock:
            self._forget(job)
            self.send(CloseJob(job))

    def close(self) -> None:
        """End all that was started, and remove the folder."""
        self._fail(ExecutionError("the cluster is closed"))
        self._driver.end()
        if self._watcher.is_alive():
            self._watcher.join()
        self._folder.remove()

    def _present(self) -> Iterable[WorkerJoined]:
        return self._joined.values()

    def _begin(self, job: JobNumber, spec: bytes) -> None:
        self._driver.open_job(job, spec)

    def _watch(self) -> None:
        while self._ended is None:
            try:
                self._follow()
            except ExecutionError as error:
                self._fail(error)
            except Exception as error:  # jobs must not wait for a thread that is gone
                words = f"{type(error).__name__}: {error}"
                self._fail(ExecutionError(f"the connection to Ray's driver broke: {words}"))

    def _follow(self) -> None:
        """Take in the next report; start another driver where there will be none."""
        try:
            report = self._driver.receive()
            if report is None:
                raise DriverEndedError("its driver hangs")
            self._take(report)
        except DriverEndedError as error:
            # One that ends before it has its Ray is found to have ended by the next call.
            with suppress(DriverEndedError):
                self._replace(str(error))

    def _take(self, report: Report) -> None:
        with self._lock:
            match report:
                case Happened(None, event):
                    if isinstance(event, WorkerJoined):
                        self._joined[event.worker] = event
                    elif isinstance(event, WorkerLost):
                        self._joined.pop(event.worker, None)
                    self._tell_all(event)
                case Happened(int() as number, event):
                    if isinstance(event, ShardCommitted):
                        self._restarts = 0
                    self._tell(number, event)
                case CallReturned():
                    self._tell(report.job, report)
                case Homeless(homeless):
                    # Another driver would refuse to start for it.
                    self._want(*(kind for kind in self._settings.kinds if kind != homeless))
                    self._tell_all(report)

    def _replace(self, words: str) -> None:
        """Start another driver in the place of one that has ended; its workers are lost."""
        with self._lock:
            if self._ended is not None:
                return
            self._restarts += 1
            for worker in self._joined:
                self._tell_all(WorkerLost(worker, f"Ray ended: {words}", is_node_lost=True))
            self._joined.clear()
        self._driver.end()
        if self._restarts > MAX_RESTARTS:
            self._fail(ExecutionError(self._no_ray(words)))
            return
        where = _where(self._settings)
        logger.warning(
            "Ray %s ended (%s); starting again, attempt %d of %d. Nothing committed is lost",
            *(where, words, self._restarts, MAX_RESTARTS),
        )
        if self._settings.address is None:
            shutil.rmtree(self._folder.ray, ignore_errors=True)
        else:
            time.sleep(2.0**self._restarts)
        if self._start_next():
            self._driver.wait()
            with self._lock:
                for number, spec in self._specs.items():
                    self._driver.open_job(number, dumps(spec))

    def _start_next(self) -> bool:
        with self._lock:
            if self._ended is None:
                generation = self._settings.generation + 1
                self._settings = replace(self._settings, generation=generation)
                self._driver = DriverProcess(self._settings, self._folder)
            return self._ended is None

    def _want(self, *kinds: WorkerKind) -> None:
        each = [kind for at, kind in enumerate(kinds) if kind not in kinds[:at]]
        self._settings = replace(self._settings, kinds=tuple(each))

    def _no_ray(self, words: object) -> str:
        if self._settings.address is None:
            return f"Ray could not be started {_where(self._settings)}: {words}"
        return f"the Ray {_where(self._settings)} cannot be used: {words}"


def _where(settings: Settings) -> str:
    """Say where a Ray is, or was to be."""
    if settings.address is not None:
        return f"at {settings.address}"
    if settings.allocation is not None:
        return f"on the nodes of Slurm job {settings.allocation.job}"
    return "on this machine"
