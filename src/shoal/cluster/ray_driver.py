"""Ray's driver, in a process of its own.

When a GCS or a raylet dies, Ray ends the process of its driver, with no exception and no cleanup.
So the user's process never is one: it starts this one, talks to it over a pipe, and replaces it.
This process does not outlive the pipe: whatever ends the user's process ends everything here.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from types import FrameType
from typing import NoReturn

import numpy as np

from ..primitives.errors import ExecutionError, ShoalError
from .parenthood import adopt_orphans
from .ray_home import home_of
from .ray_messages import (
    Command,
    Failed,
    Heartbeat,
    Leave,
    Noticed,
    OpenJob,
    Report,
    Settings,
    Started,
)

TICK_SECONDS = 1.0


def main(descriptor: int) -> NoReturn:
    """Serve the process at the other end of a pipe until it closes its end, or dies.

    Args:
        descriptor: Of the pipe.
    """
    pipe = Connection(descriptor)
    adopt_orphans()
    signal.signal(signal.SIGTERM, _pass)
    settings: Settings = pipe.recv()
    driver = _Driver(settings, pipe)
    with suppress(BrokenPipeError, ConnectionResetError):
        driver.serve()
    driver.leave()


class _Driver:
    """The loop between the pipe and the workers."""

    def __init__(self, settings: Settings, pipe: Connection) -> None:
        self._settings = settings
        self._pipe = pipe
        self._parent = os.getppid()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_wanted = True
        self._home = home_of(settings, self._say)

    def serve(self) -> None:
        """Bring Ray up, then do what is asked and tell what happens."""
        try:
            self._bring_up()
        except Exception as error:  # told to the user, who sees nothing of this process
            words = str(error) if isinstance(error, ShoalError) else _attach_words(error)
            self._send(Failed(words, is_final=self._settings.generation == 0))
            return
        self._send(Started())
        threading.Thread(target=self._read, daemon=True).start()
        tick = time.monotonic()
        while self._is_wanted:
            with suppress(queue.Empty):
                self._inbox.get(timeout=max(0.0, tick - time.monotonic()))()
            if time.monotonic() >= tick:
                tick = time.monotonic() + TICK_SECONDS
                self._tick(time.monotonic())

    def leave(self) -> NoReturn:
        """Give back what was taken of another's Ray, or end our own, and end."""
        self._home.leave(self._parent)
        os._exit(0)

    def _bring_up(self) -> None:
        address = self._home.bring_up()
        import ray

        ray.init(
            address=address,
            log_to_driver=False,
            configure_logging=False,
            runtime_env=dict(self._settings.attachment.runtime_env) or None,
        )
        # Slurm sends SIGTERM to everybody. The end of the process that we serve is our sign.
        signal.signal(signal.SIGTERM, _pass)
        from .ray_workers import RayWorkers, num_living_nodes

        self._home.wait_for_nodes(num_living_nodes)
        self._workers = RayWorkers(self._settings, self._inbox.put, self._send)
        self._wait_for_room()
        self._workers.refresh(time.monotonic())

    def _wait_for_room(self) -> None:
        """Refuse what Ray would wait for without end: workers that no node could ever have."""
        deadline = time.monotonic() + self._settings.room_seconds
        while words := self._workers.missing_room():
            if time.monotonic() >= deadline:
                raise ExecutionError(words)
            self._say("")
            time.sleep(TICK_SECONDS)

    def _tick(self, now: float) -> None:
        if os.getppid() != self._parent:
            self._is_wanted = False
        elif (words := self._home.refresh(now)) is not None:
            self._send(Failed(words, is_final=False))
            self._is_wanted = False
        else:
            self._workers.refresh(now)
            self._workers.ping(now)
            self._send(Heartbeat())

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                command: Command = self._pipe.recv()
                if isinstance(command, Leave):
                    break
                if isinstance(command, OpenJob):
                    spec = np.empty(command.num_bytes, dtype=np.uint8)
                    self._pipe.recv_bytes_into(spec)
                    self._inbox.put(partial(self._workers.open, command.job, spec))
                    del spec  # it may be large, and the next command may be long in coming
                    continue
                self._inbox.put(partial(self._workers.take, command))
        self._inbox.put(self._stop)

    def _stop(self) -> None:
        self._is_wanted = False

    def _say(self, words: str) -> None:
        self._send(Noticed(words) if words else Heartbeat())

    def _send(self, report: Report) -> None:
        self._pipe.send(report)


def _pass(number: int, frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, this is not handed on to what we start."""


def _attach_words(error: Exception) -> str:
    if "ray client connection timeout" in str(error):
        return "its server for Ray Client gave no answer; a wrong token looks like that, too"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
