"""Files that are wholly there or not at all."""

import errno
import os
import re
from pathlib import Path

import pytest

from shoal.orchestrator.durable import (
    create_whole,
    hide_file,
    make_folder,
    remove_leftovers,
    write_all,
    write_whole,
)
from shoal.primitives.errors import StoreError

PID_OF_NOBODY = 2**22 + 1


def refusing(number: int):
    def refuse(*args: object, **kwargs: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_file_is_written_for_its_owner_alone(tmp_path) -> None:
    write_whole(tmp_path / "a", b"content")
    assert (tmp_path / "a").read_bytes() == b"content"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_old_file_is_replaced(tmp_path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_folders_are_made_for_their_owner_alone(tmp_path) -> None:
    make_folder(tmp_path / "store" / "job")
    for path in (tmp_path / "store", tmp_path / "store" / "job"):
        assert path.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_exists_keeps_its_mode(tmp_path) -> None:
    tmp_path.chmod(0o750)
    make_folder(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match=r"Cannot use .*store.* as a folder: Not a directory"):
        make_folder(tmp_path / "store" / "job")


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_explained_and_leaves_nothing_aside(tmp_path, monkeypatch, call) -> None:
    monkeypatch.setattr(os, call, refusing(errno.ENOSPC))
    with pytest.raises(StoreError, match=r"No room for .*/a \(7 bytes\): No space left on device"):
        write_whole(tmp_path / "a", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_others_is_explained(tmp_path, monkeypatch) -> None:
    # Not by chmod: tests may run as root, whom modes do not stop.
    monkeypatch.setattr(os, "open", refusing(errno.EACCES))
    expected = f"Cannot write .*/a: Permission denied. {re.escape(str(tmp_path))} belongs to user"
    with pytest.raises(StoreError, match=expected):
        write_whole(tmp_path / "a", b"content")


def test_writing_goes_on_where_the_system_stopped(tmp_path, monkeypatch) -> None:
    written: list[bytes] = []

    def three_at_most(descriptor: int, content: memoryview) -> int:
        written.append(bytes(content[:3]))
        return len(written[-1])

    monkeypatch.setattr(os, "write", three_at_most)
    write_all(0, b"0123456789")
    assert written == [b"012", b"345", b"678", b"9"]


def test_a_filesystem_without_fsync_of_folders_will_do(tmp_path, monkeypatch) -> None:
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    write_whole(tmp_path / "a", b"content")
    assert (tmp_path / "a").exists()


def test_only_leftovers_of_the_dead_and_of_long_ago_are_removed(tmp_path) -> None:
    host = os.uname().nodename
    of_the_dead = tmp_path / f".a~{host}~{PID_OF_NOBODY}~00.aside"
    of_mine = tmp_path / f".a~{host}~{os.getpid()}~00.aside"
    elsewhere, long_ago = tmp_path / ".a~far~1~00.aside", tmp_path / ".b~far~1~00.aside"
    others = [tmp_path / ".hidden", tmp_path / "a.aside"]
    for path in (of_the_dead, of_mine, elsewhere, long_ago, *others):
        path.touch()
    os.utime(long_ago, (0, 0))
    assert remove_leftovers(tmp_path) == 2
    assert set(tmp_path.iterdir()) == {of_mine, elsewhere, *others}


def test_a_hidden_file_keeps_its_bytes(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    hide_file(tmp_path / "a", "corrupt")
    assert (tmp_path / ".corrupt-a").read_bytes() == b"content"


def test_of_several_who_create_a_file_one_succeeds(tmp_path) -> None:
    assert create_whole(tmp_path / "a", b"first")
    assert not create_whole(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_filesystem_without_links_will_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    assert create_whole(tmp_path / "a", b"first")
    assert not create_whole(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_rename_that_was_granted_twice_is_granted(tmp_path, monkeypatch) -> None:
    """A server of NFS that lost its answer is asked again, and finds no such file."""
    real = Path.rename

    def renamed_and_asked_again(self: Path, target: Path) -> Path:
        real(self, target)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", renamed_and_asked_again)
    write_whole(tmp_path / "a", b"content")
    assert (tmp_path / "a").read_bytes() == b"content"


def test_a_rename_that_was_not_granted_is_an_error(tmp_path, monkeypatch) -> None:
    write_whole(tmp_path / "a", b"old")
    monkeypatch.setattr(Path, "rename", refusing(errno.ENOENT))
    with pytest.raises(StoreError, match="Cannot use"):
        write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_leftovers_are_dated_by_the_clock_of_their_filesystem(tmp_path, monkeypatch) -> None:
    """Whatever the clock of this machine says: a writer elsewhere may be at work just now."""
    other = tmp_path / ".b~elsewhere~17~cafe.aside"
    other.touch()
    monkeypatch.setattr("time.time", lambda: other.stat().st_mtime + 1e6)
    assert remove_leftovers(tmp_path) == 0
    os.utime(other, (0, 0))
    assert remove_leftovers(tmp_path) == 1
