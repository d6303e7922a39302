"""The memory that the ranks of a node share: files without a name, which end with their world."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_OURS = "/dev/shm/mpich_shm_"  # noqa: S108 (where the MPI library makes them)


def named_segments(maps: str) -> set[Path]:
    """Return MPICH's files of shared memory that a process has mapped, and that have names.

    Args:
        maps: The process's ``/proc/PID/maps``.

    >>> named_segments("7f-80 rw-s 0 00:19 7  /dev/shm/mpich_shm_1a_0")
    {PosixPath('/dev/shm/mpich_shm_1a_0')}
    >>> named_segments("7f-80 rw-s 0 00:19 7  /dev/shm/mpich_shm_1a_0 (deleted)")
    set()
    """
    found = (line.partition(_OURS) for line in maps.splitlines())
    return {
        Path(_OURS + name) for _, is_there, name in found if is_there and " (deleted)" not in name
    }


def take_names_away() -> None:
    """Unlink this world's files, once all ranks have them: killed, it could not clean up.

    No other world's can be meant, since they are those that this process has mapped.
    """
    with suppress(OSError):
        for segment in named_segments(_MAPS.read_text()):
            segment.unlink(missing_ok=True)
