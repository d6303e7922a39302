"""A Ray head on this machine's loopback, for as long as the process lives that started it."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ..primitives.errors import ExecutionError
from .parenthood import end_with_parent
from .ray_bringup import LOOPBACK, head_command
from .ray_messages import Settings

START_SECONDS = 90.0
"""A head takes about 5 s; on a busy machine, or from a slow filesystem, much longer."""


class RayHead:
    """The process ``ray start --head --block``; all other processes of that Ray hang on it."""

    def __init__(self, settings: Settings, log: BinaryIO) -> None:
        """Start it; `wait` tells when it is there.

        Args:
            settings: What it must have room for.
            log: Where everything that it says goes.
        """
        self._log = Path(log.name)
        self._said_before = self._log.stat().st_size
        port, client_port = _free_ports(2)
        self.address = f"{LOOPBACK}:{port}"
        command = head_command(settings, str(Path(settings.folder) / "ray"), port, client_port)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent
        )

    @property
    def is_alive(self) -> bool:
        """Whether the head still runs; it ends when one of its own processes does."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Wait until drivers can connect.

        Raises:
            ExecutionError: It ended, or took too long; with its words.
        """
        deadline = time.monotonic() + START_SECONDS
        host, port = self.address.split(":")
        while True:
            if not self.is_alive:
                raise ExecutionError(self._last_words())
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=1.0):
                return
            if time.monotonic() > deadline:
                raise ExecutionError(
                    f"it took longer than {START_SECONDS:g} s; its last words: {self._last_words()}"
                )
            time.sleep(0.02)

    def _last_words(self) -> str:
        return last_words(self._log, self._said_before)


def last_words(log: Path, start: int = 0) -> str:
    """Return the line of a log that says best what went wrong.

    Args:
        log: The log.
        start: Where in it to begin.
    """
    try:
        said = log.read_bytes()[start:].decode(errors="replace")
    except OSError:
        return "none"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    lines = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception)\b", line)]
    return (telling or lines or ["none"])[-1][:500]


def _free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on; should one be taken in between, the head is replaced."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
