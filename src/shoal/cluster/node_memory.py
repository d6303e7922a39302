"""How much memory this process may use: what is installed, or what its cgroups leave of it."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def usable_memory_bytes() -> int:
    """Return the memory of this machine, or of this process's cgroup where that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([installed, *_cgroup_limits()])


def _cgroup_limits() -> list[int]:
    """Return the memory limits of this process's cgroup and of all that it lies in."""
    limits: list[int] = []
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, below = line.split(":", 2)
            if controllers not in ("", "memory"):
                continue
            version_1 = controllers == "memory"
            root = Path("/sys/fs/cgroup/memory" if version_1 else "/sys/fs/cgroup")
            name = "memory.limit_in_bytes" if version_1 else "memory.max"
            folder = root / below.lstrip("/")
            for each in (folder, *folder.parents):
                with suppress(OSError, ValueError):
                    limits.append(int((each / name).read_text()))
                if each == root:
                    break
    return limits
