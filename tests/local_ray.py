"""A Ray of a test's own, and what is left running of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shoal.cluster.node_folder import NodeFolder
from shoal.cluster.ray_pool import RayPool
from shoal.cluster.ray_settings import local_settings

ROOT = Path(__file__).parent.parent


@contextmanager
def local_pool(workers: int = 2) -> Iterator[RayPool]:
    """Workers that can import these tests."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    folder = NodeFolder.make()
    settings = local_settings(folder.path, workers=workers, threads=1, gpus=0)
    pool = RayPool(settings, folder)
    try:
        yield pool
    finally:
        pool.close()


def processes_of(folder: Path) -> dict[int, str]:
    """The processes of a cluster's folder, with their command lines."""
    sessions = set(map(int, (folder / "sessions").read_text().split()))
    return {pid: line for pid, line in _processes() if _session(pid) in sessions}


def processes_of_session(session: int) -> dict[int, str]:
    """The processes of one session."""
    return {pid: line for pid, line in _processes() if _session(pid) == session}


def _session(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(pid)
    return None


def _processes() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z":
                line = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                yield int(path.name), line
