"""How many cores this process may use: those of its affinity mask."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0))
