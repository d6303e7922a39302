"""Files that are wholly there or not there at all, whatever dies at whichever line.

No locks, and nothing that NFS or Lustre would not keep: an exclusive name aside, fsync of the file,
rename within one folder, fsync of the folder.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..primitives.errors import StoreError

FILE_MODE, FOLDER_MODE = 0o600, 0o700

LEFTOVER_AGE_SECONDS = 3600.0
"""A file aside that nobody finished within an hour is nobody's any more."""

_ASIDE_SUFFIX = ".aside"

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What filesystems without hard links say."""


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Put a file in its place so that a crash leaves the old one, or the new one, never a part.

    Args:
        path: Where the file shall be; its folder exists.
        content: All of it.

    Raises:
        StoreError: The disk is full, or the folder cannot be written.
    """
    aside = path.with_name(aside_name(path.name))
    with explained(path, len(content)):
        try:
            written = _write_new(aside, content)
            _rename(aside, path, written)
            sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                aside.unlink()
            raise


def create_whole(path: Path, content: bytes) -> bool:
    """Put a file in its place unless there is one already; of several who try, one succeeds.

    Args:
        path: Where the file shall be; its folder exists.
        content: All of it.

    Returns:
        Whether the file is ours.

    Raises:
        StoreError: The disk is full, or the folder cannot be written.
    """
    aside = path.with_name(aside_name(path.name))
    with explained(path, len(content)):
        try:
            _write_new(aside, content)
            is_ours = _link(aside, path)
        finally:
            with suppress(OSError):
                aside.unlink()
        sync_folder(path.parent)
    return is_ours


def _link(aside: Path, path: Path) -> bool:
    try:
        os.link(aside, path)
    except FileExistsError:
        # NFS may answer so to the second copy of a request that it has already granted.
        return aside.samefile(path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _create_in_place(aside, path)
    return True


def _create_in_place(aside: Path, path: Path) -> bool:
    try:
        _write_new(path, aside.read_bytes())
    except FileExistsError:
        return False
    return True


def aside_name(name: str) -> str:
    """Return a name that no other process picks, hidden from Arrow's and people's listings."""
    token = secrets.token_hex(4)
    return f".{name}~{socket.gethostname()}~{os.getpid()}~{token}{_ASIDE_SUFFIX}"


def _rename(aside: Path, path: Path, written: os.stat_result) -> None:
    try:
        aside.rename(path)
    except FileNotFoundError:
        # NFS may answer so to the second copy of a request that it has already granted.
        if not (path.exists() and os.path.samestat(path.stat(), written)):
            raise


def _write_new(path: Path, content: bytes | memoryview) -> os.stat_result:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def filesystem_time(folder: Path) -> float:
    """Return the time by the clock that dates the files that are made in a folder from here.

    On NFS that is the server's; on Lustre it may be this machine's. Making a file has NFS look at
    the folder anew, too: what others have made there is seen from then on.

    Args:
        folder: One that can be written.
    """
    probe = folder / aside_name("clock")
    with explained(probe):
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            return os.fstat(descriptor).st_mtime
        finally:
            os.close(descriptor)
            with suppress(FileNotFoundError):
                probe.unlink()


def write_all(descriptor: int, content: bytes | memoryview) -> None:
    """Write to the last byte: the system may take less than it is given."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the filesystem can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some FUSE and SMB mounts know no fsync of a folder; their renames are synchronous.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, for its owner alone; one that exists is left as it is.

    Raises:
        StoreError: It cannot be made, or something else has the name.
    """
    with explained(path):
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            with suppress(FileExistsError):
                folder.mkdir(FOLDER_MODE)
                sync_folder(folder.parent)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def remove_file(path: Path) -> None:
    """Remove a file if it is there."""
    with explained(path), suppress(FileNotFoundError):
        path.unlink()


def hide_file(path: Path, word: str) -> None:
    """Take a file out of the listings of Arrow tools, without losing its bytes."""
    with explained(path), suppress(FileNotFoundError):
        path.rename(path.with_name(f".{word}-{path.name}"))
        sync_folder(path.parent)


def remove_leftovers(folder: Path) -> int:
    """Remove what writers left aside in a folder: files of dead processes here, and old ones.

    Args:
        folder: A folder that `write_whole` was used in.

    Returns:
        How many files were removed.
    """
    removed = 0
    with explained(folder):
        found = list(folder.glob(f".*{_ASIDE_SUFFIX}"))
        now = filesystem_time(folder) if found else 0.0
        for path in found:
            with suppress(FileNotFoundError):
                if _is_left(path, now):
                    path.unlink()
                    removed += 1
    return removed


def _is_left(path: Path, now: float) -> bool:
    match path.name.split("~"):
        case [_, host, pid, _] if host == socket.gethostname() and pid.isdigit():
            return not is_alive(int(pid))
    return now - path.stat().st_mtime > LEFTOVER_AGE_SECONDS


def is_alive(pid: int) -> bool:
    """Say whether a process of this machine exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@contextmanager
def explained(path: Path, num_bytes: int | None = None) -> Iterator[None]:
    """Turn the system's refusals into a StoreError that says what to do.

    Args:
        path: What was to be written or read.
        num_bytes: How much of it.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(_explanation(path, num_bytes, error)) from error


def _explanation(path: Path, num_bytes: int | None, error: OSError) -> str:
    words = error.strerror or str(error)
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            size = "" if num_bytes is None else f" ({num_bytes:,} bytes)"
            return (
                f"No room for {path}{size}: {words}. Nothing that was committed is lost: free "
                "space, or raise the quota, and run the same command again"
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"Cannot write {path}: {words}. {_owner(path)}Choose a store that you can write"
        case errno.ENOTDIR | errno.EEXIST:
            return f"Cannot use {path} as a folder: {words}. Choose another store, or move the file"
    return f"Cannot use {path}: {words}"


def _owner(path: Path) -> str:
    for place in (path, *path.parents):
        with suppress(OSError):
            status = place.stat()
            mode = stat.filemode(status.st_mode)
            who = f"user {status.st_uid} ({mode}), you are user {os.geteuid()}"
            return f"{place} belongs to {who}. "
    return ""
