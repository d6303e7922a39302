"""Folders of this node: private, short, and cleared after the dead."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shoal.cluster.node_folder import NodeFolder
from shoal.cluster.ray_bringup import MAX_TEMP_DIR_BYTES
from shoal.primitives.errors import ExecutionError


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short temporary folder of the test's own."""
    place = Path(tempfile.mkdtemp(dir="/tmp", prefix="t"))
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield place
    subprocess.run(["rm", "-r", str(place)], check=True)


def start_sleeper(folder: NodeFolder) -> subprocess.Popen[bytes]:
    """A process that a cluster could have left behind."""
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"],
        env={**os.environ, "RAY_AUTH_TOKEN_PATH": str(folder.token)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert sleeper.stdout is not None
    with sleeper.stdout:
        sleeper.stdout.readline()
    folder.note_session(sleeper.pid)
    return sleeper


def test_a_folder_is_for_its_owner_alone_and_short(place: Path) -> None:
    folder = NodeFolder.make()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.token.stat().st_mode) == 0o600
    assert len(os.fsencode(folder.ray)) <= MAX_TEMP_DIR_BYTES
    folder.remove()
    assert not folder.path.exists()


def test_tokens_are_fresh(place: Path) -> None:
    one, other = NodeFolder.make(), NodeFolder.make()
    assert one.token.read_text() != other.token.read_text()
    one.remove()
    other.remove()


def test_what_the_dead_left_is_cleared_with_their_processes(place: Path) -> None:
    dead = NodeFolder.make()
    sleeper = start_sleeper(dead)
    os.close(dead.lock)
    NodeFolder.make().remove()
    assert sleeper.wait(timeout=200) == -signal.SIGKILL
    assert not dead.path.exists()


def test_what_the_living_have_is_left_alone(place: Path) -> None:
    living = NodeFolder.make()
    sleeper = start_sleeper(living)
    NodeFolder.make().remove()
    assert sleeper.poll() is None
    assert living.end_processes() == 1
    sleeper.wait(timeout=200)
    living.remove()


def test_processes_of_others_in_a_session_of_the_same_number_are_left_alone(place: Path) -> None:
    dead, other = NodeFolder.make(), NodeFolder.make()
    sleeper = start_sleeper(other)
    dead.note_session(sleeper.pid)
    assert dead.end_processes() == 0
    assert other.end_processes() == 1
    sleeper.wait(timeout=200)
    dead.remove()
    other.remove()


def test_a_temporary_folder_with_a_long_path_is_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = place / ("x" * 40)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    folder = NodeFolder.make()
    assert not folder.path.is_relative_to(place)
    folder.remove()


def test_a_folder_of_somebody_elses_is_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / f"shoal-{os.geteuid()}").symlink_to(place)
    folder = NodeFolder.make()
    assert not folder.path.is_relative_to(place)
    folder.remove()


def test_no_place_at_all_says_what_to_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.cluster.node_folder.MAX_TEMP_DIR_BYTES", 3)
    with pytest.raises(ExecutionError, match="set TMPDIR to a short local path"):
        NodeFolder.make()
