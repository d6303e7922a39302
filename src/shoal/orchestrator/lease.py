"""One driver a job: a file that says who it is and, by its age, whether it still lives."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..primitives.errors import DrivenElsewhereError, StoreError
from .durable import create_whole, filesystem_time, is_alive, write_whole

LEASE_NAME = "driver.json"

BEAT_SECONDS = 10.0
"""How often a driver touches its lease."""

WATCHED_BEATS = 2.0
"""How long a lease that seems to be given up is watched, before it is taken over."""

STALE_SECONDS = 90.0
"""Without a beat for so long, a driver elsewhere is taken for dead."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Who drives a job."""

    host: str
    pid: int
    boot_id: str
    """Of the machine's running kernel; with another one, its processes are gone."""
    pid_namespace: str
    """Process ids mean something within one namespace (a container has its own)."""
    process_start: str
    """When the process began, in the kernel's ticks: process ids are used again."""
    since: str
    """UTC, ISO 8601."""
    token: str
    """Tells two leases of one process apart."""
    slurm_job: str = ""
    """Of Slurm, where the process belongs to one."""
    slurm_restart: int = 0
    """How often Slurm had started that job before."""

    @classmethod
    def here(cls) -> Driver:
        """Describe this process."""
        return cls(
            host=socket.gethostname(),
            pid=os.getpid(),
            boot_id=_read("/proc/sys/kernel/random/boot_id"),
            pid_namespace=_link("/proc/self/ns/pid"),
            process_start=_process_start(os.getpid()),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            token=secrets.token_hex(8),
            slurm_job=os.environ.get("SLURM_JOB_ID", ""),
            slurm_restart=int(os.environ.get("SLURM_RESTART_COUNT") or 0),
        )

    def is_here(self) -> bool:
        """Say whether this machine can be asked about the driver's process."""
        me = Driver.here()
        has_known_ids = bool(self.boot_id) and self.pid_namespace == me.pid_namespace
        return self.host == me.host and has_known_ids

    def is_gone(self, age_seconds: float) -> bool:
        """Say whether a driver cannot be running any more.

        Args:
            age_seconds: Time since its last beat, by the filesystem's clock.
        """
        me = Driver.here()
        # Slurm starts a job again when its earlier start is over, or its node is out of reach.
        is_same_job = bool(self.slurm_job) and self.slurm_job == me.slurm_job
        if is_same_job and self.slurm_restart < me.slurm_restart:
            return True
        if not self.is_here():
            return age_seconds > STALE_SECONDS
        if self.boot_id != me.boot_id or not is_alive(self.pid):
            return True
        return _process_start(self.pid) != self.process_start


class Lease:
    """The right to write one job's ledger, held by this process until released."""

    def __init__(self, path: Path, driver: Driver) -> None:
        self._path = path
        self._driver = driver
        released = threading.Event()
        threading.Thread(
            target=_beat, args=(path, released), name="shoal-lease", daemon=True
        ).start()
        # Also when a notebook drops the last reference, and at the interpreter's end.
        self._release = weakref.finalize(self, _give_up, path, driver.token, released)

    @classmethod
    def acquire(cls, folder: Path) -> Lease:
        """Become the driver of the job in a folder, in place of one that is gone.

        Args:
            folder: The job's folder.

        Raises:
            StoreError: Another driver lives; the message says who and where.
        """
        path, me = folder / LEASE_NAME, Driver.here()
        if not create_whole(path, _text(me)):
            _take_over(path, me)
        return cls(path, me)

    @property
    def token(self) -> str:
        """What only those know who see the job's folder."""
        return self._driver.token

    def check(self) -> None:
        """Make sure that nobody has taken the job over.

        Raises:
            StoreError: Somebody has.
        """
        holder = read_driver(self._path.parent)
        if holder is None or holder.token != self._driver.token or not self._release.alive:
            name = "nobody" if holder is None else f"process {holder.pid} on {holder.host}"
            raise StoreError(
                f"{self._path.parent.name} was taken over by {name} while this driver was silent "
                f"for over {STALE_SECONDS:.0f} s. Nothing that was committed is lost; let that one "
                "go on"
            )

    def release(self) -> None:
        """Give the job up."""
        self._release()


def _beat(path: Path, released: threading.Event) -> None:
    while not released.wait(BEAT_SECONDS):
        with suppress(OSError):
            os.utime(path)


def _give_up(path: Path, token: str, released: threading.Event) -> None:
    released.set()
    holder = read_driver(path.parent)
    if holder is not None and holder.token == token and holder.pid == os.getpid():
        with suppress(OSError):
            path.unlink()


def read_driver(folder: Path) -> Driver | None:
    """Return who drives a job according to its lease, alive or not; ``None`` without a lease."""
    try:
        return Driver(**json.loads((folder / LEASE_NAME).read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        # Cut short by a crash, on a filesystem without hard links: nobody can be asked.
        return Driver("an unknown host", 0, "", "", "", "", "")


def living_driver(folder: Path) -> Driver | None:
    """Return who drives a job now, as far as this machine can tell."""
    holder = read_driver(folder)
    if holder is None or holder.is_gone(_age_by_wall_clock(folder / LEASE_NAME)):
        return None
    return holder


def _take_over(path: Path, me: Driver) -> None:
    holder = read_driver(path.parent)
    if holder is not None and not _is_gone(path, holder):
        raise DrivenElsewhereError(
            f"{path.parent.name} is driven by process {holder.pid} on {holder.host} since "
            f"{holder.since}. Wait for it, cancel it there, or, if that machine is gone, try again "
            f"in {STALE_SECONDS:.0f} s"
        )
    write_whole(path, _text(me))
    # Of two that saw the same dead driver, the last to write has the job: the other one's `check`
    # stops it before its first commit, and until then both have only adopted the same segments.


def _is_gone(path: Path, holder: Driver) -> bool:
    """Say whether a lease's holder has ended; one elsewhere, after looking for a sign of life."""
    if holder.is_here() or holder.is_gone(0.0):
        return holder.is_gone(0.0)
    # Some filesystems date files by the clocks of those who write, which may differ by anything:
    # also a lease that seems old, or of the future, may be one that is alive.
    age = filesystem_time(path.parent) - _last_beat(path)[0]
    return abs(age) > STALE_SECONDS and _is_silent(path)


def _is_silent(path: Path) -> bool:
    """Watch a lease for so long that one beat at least would be seen."""
    first, deadline = _last_beat(path), time.monotonic() + WATCHED_BEATS * BEAT_SECONDS
    while time.monotonic() < deadline:
        if _last_beat(path) != first:
            return False
        time.sleep(BEAT_SECONDS / 10.0)
    return True


def _last_beat(path: Path) -> tuple[float, int]:
    """Return when a lease was touched, and which file it is; zeros where it is gone."""
    with suppress(FileNotFoundError), path.open("rb") as opened:
        # Opening has NFS ask its server; the attributes of a name may be a minute old.
        found = os.fstat(opened.fileno())
        return found.st_mtime, found.st_ino
    return 0.0, 0


def _text(driver: Driver) -> bytes:
    return json.dumps(asdict(driver), indent=1).encode() + b"\n"


def _age_by_wall_clock(path: Path) -> float:
    with suppress(FileNotFoundError):
        return datetime.now(UTC).timestamp() - path.stat().st_mtime
    return 0.0


def _read(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text().strip()
    return ""


def _link(path: str) -> str:
    with suppress(OSError):
        return str(Path(path).readlink())
    return ""


def _process_start(pid: int) -> str:
    """Return a process's start in ticks since boot: field 22, counted behind the name's bracket."""
    found = _read(f"/proc/{pid}/stat")
    return found.rpartition(")")[2].split()[19] if found else ""
