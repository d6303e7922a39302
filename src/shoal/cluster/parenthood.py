"""Wishes of a process that only Linux can grant: to die with its parent, to adopt orphans."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress

REAP_SECONDS = 3.0

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def end_with_parent() -> None:
    """Have this process killed when its parent dies, however that comes about."""
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of what this process's children leave behind, so that it can be reaped."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def reap() -> None:
    """Wait for the dead, that no zombies are left where process 1 does not care for them."""
    deadline = time.monotonic() + REAP_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.005)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
