"""A short folder of this node for one cluster's lifetime: sockets, logs, the token.

It lies below a folder that only its owner may enter, is locked while anybody of the cluster lives,
and is removed at the end; what dead owners left behind, processes included, the next one clears.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..primitives.errors import ExecutionError
from .ray_bringup import MAX_TEMP_DIR_BYTES

TOKEN_BYTES = 32

_RAY_NAME, _SESSIONS_NAME = "ray", "sessions"


class NodeFolder:
    """One cluster's folder on this node."""

    def __init__(self, path: Path, lock: int | None = None) -> None:
        """Speak of a folder that is there.

        Args:
            path: The folder.
            lock: Descriptor of its lock file; children that inherit it keep the lock.
        """
        self.path = path
        self.lock = lock

    @classmethod
    def make(cls, token: str | None = None) -> NodeFolder:
        """Make a folder with a token, after clearing what dead owners left.

        Args:
            token: Of a Ray that has its head elsewhere; ``None``: a fresh one.

        Raises:
            ExecutionError: There is no place for it.
        """
        base = _base()
        for leftover in sorted(base.iterdir()):
            _clear_if_dead(leftover)
        path = Path(tempfile.mkdtemp(prefix="", dir=base))
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = cls(path, lock)
        descriptor = os.open(folder.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, (token or secrets.token_hex(TOKEN_BYTES)).encode())
        os.close(descriptor)
        return folder

    @property
    def token(self) -> Path:
        """The file with the token, which every process of this cluster knows by its path."""
        return self.path / "token"

    @property
    def ray(self) -> Path:
        """Ray's own folder."""
        return self.path / _RAY_NAME

    @property
    def log(self) -> Path:
        """What Ray and its driver say."""
        return self.path / "log"

    def note_session(self, session: int) -> None:
        """Remember a session of processes that is started in this folder."""
        with (self.path / _SESSIONS_NAME).open("a") as sessions:
            sessions.write(f"{session}\n")

    def end_processes(self) -> int:
        """End every process of the folder's sessions; return how many lived."""
        return _end_processes_of(self.path)

    def remove(self) -> None:
        """Remove the folder, when nobody of the cluster lives."""
        shutil.rmtree(self.ray, ignore_errors=True)
        # Whoever dies late may write there once more. With its lock the rest is the next start's.
        if not self.ray.exists():
            shutil.rmtree(self.path, ignore_errors=True)
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def _base() -> Path:
    """Return a folder below the system's temporary one that only we may enter."""
    for root in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 (checked below)
        base = Path(root) / f"shoal-{os.geteuid()}"
        if len(os.fsencode(base)) + len("/12345678/" + _RAY_NAME) > MAX_TEMP_DIR_BYTES:
            continue
        with suppress(OSError):
            base.mkdir(mode=0o700, exist_ok=True)
            found = base.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                base.chmod(0o700)
                return base
    raise ExecutionError(
        f"no place for Ray's sockets: neither {tempfile.gettempdir()} nor /tmp takes a folder"
        f" shoal-{os.geteuid()} of yours with a path short enough; set TMPDIR to a short local path"
    )


def _clear_if_dead(folder: Path) -> None:
    """Remove a folder whose lock nobody holds, and end what was started in it."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return
    _end_processes_of(folder)
    NodeFolder(folder, lock).remove()


def _end_processes_of(folder: Path) -> int:
    """Kill what lives of the sessions that were started in a folder."""
    try:
        sessions = set(map(int, (folder / _SESSIONS_NAME).read_text().split()))
    except (OSError, ValueError):
        return 0
    ended = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            pid = int(process.name)
            # A number may have gone to another session since, whose processes know no such folder.
            if pid != os.getpid() and os.getsid(pid) in sessions and _knows(process, folder):
                os.kill(pid, signal.SIGKILL)
                ended += 1
    return ended


def _knows(process: Path, folder: Path) -> bool:
    """Tell whether a process was started with, or has open, something in a folder."""
    path = os.fsencode(folder) + b"/"
    if path in (process / "environ").read_bytes() or path in (process / "cmdline").read_bytes():
        return True
    # Some of Ray's processes overwrite both with their title; all of them have logs open.
    return any(opened.startswith(path) for opened in _open_files(process))


def _open_files(process: Path) -> Iterator[bytes]:
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield os.fsencode(descriptor.readlink())
