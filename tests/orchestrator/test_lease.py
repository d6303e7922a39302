"""One driver a job."""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest

from shoal.orchestrator.lease import Driver, Lease, living_driver, read_driver
from shoal.primitives.errors import StoreError


@pytest.fixture(autouse=True)
def short_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.orchestrator.lease.BEAT_SECONDS", 0.05)


def left_behind(folder, driver: Driver, age_seconds: float = 0.0) -> None:
    """Leave a lease as a driver that ended without a word would."""
    path = folder / "driver.json"
    path.write_text(json.dumps(asdict(driver)))
    then = path.stat().st_mtime - age_seconds
    os.utime(path, (then, then))


def test_a_second_driver_is_told_who_the_first_is(tmp_path) -> None:
    lease = Lease.acquire(tmp_path)
    with pytest.raises(StoreError, match=f"driven by process {os.getpid()} on .* since 20"):
        Lease.acquire(tmp_path)
    lease.release()
    Lease.acquire(tmp_path).release()
    assert read_driver(tmp_path) is None


def test_a_driver_in_another_process_is_respected_until_it_dies(tmp_path) -> None:
    code = (
        "import sys, pathlib; from shoal.orchestrator.lease import Lease;"
        "lease = Lease.acquire(pathlib.Path(sys.argv[1])); print('mine', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"mine\n"
        with pytest.raises(StoreError, match=f"driven by process {child.pid}"):
            Lease.acquire(tmp_path)
        assert living_driver(tmp_path) is not None
        child.kill()
    assert living_driver(tmp_path) is None
    Lease.acquire(tmp_path).release()


@pytest.mark.parametrize(
    ("change", "age", "is_gone"),
    [
        ({}, 0.0, False),
        ({}, 1e6, False),
        ({"process_start": "1"}, 0.0, True),
        ({"boot_id": "another"}, 0.0, True),
        ({"pid": 2**22 + 1}, 0.0, True),
        ({"host": "elsewhere"}, 10.0, False),
        ({"host": "elsewhere"}, 1000.0, True),
        # Its clock was ahead of the filesystem's: it is not trusted to be alive until then.
        ({"host": "elsewhere"}, -10.0, False),
        ({"host": "elsewhere"}, -1000.0, True),
        ({"pid_namespace": "pid:[1]", "pid": 2**22 + 1}, 10.0, False),
        ({"pid_namespace": "pid:[1]", "pid": 2**22 + 1}, 1000.0, True),
    ],
)
def test_who_is_taken_for_gone(tmp_path, change, age: float, is_gone: bool) -> None:
    left_behind(tmp_path, replace(Driver.here(), **change), age)
    if is_gone:
        Lease.acquire(tmp_path).release()
    else:
        with pytest.raises(StoreError, match="is driven by process"):
            Lease.acquire(tmp_path)


@pytest.mark.parametrize("ahead_seconds", [-1000.0, 1000.0])
def test_a_driver_elsewhere_that_beats_lives_whatever_its_clock_says(
    tmp_path, monkeypatch, ahead_seconds: float
) -> None:
    # It is watched for ten seconds, and beats often: a busy machine may keep it from many of them.
    monkeypatch.setattr("shoal.orchestrator.lease.BEAT_SECONDS", 5.0)
    left_behind(tmp_path, replace(Driver.here(), host="elsewhere"), -ahead_seconds)
    path, is_over = tmp_path / "driver.json", threading.Event()

    def beat() -> None:
        while not is_over.wait(0.05):
            now = time.time() + ahead_seconds
            os.utime(path, (now, now))

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        with pytest.raises(StoreError, match=r"is driven by process .* on elsewhere"):
            Lease.acquire(tmp_path)
    finally:
        is_over.set()
        beating.join()


def test_a_lease_cut_short_holds_until_it_is_stale(tmp_path) -> None:
    path = tmp_path / "driver.json"
    path.touch()
    with pytest.raises(StoreError, match="an unknown host"):
        Lease.acquire(tmp_path)
    os.utime(path, (0, 0))
    Lease.acquire(tmp_path).release()


def test_who_was_taken_over_notices(tmp_path) -> None:
    lease = Lease.acquire(tmp_path)
    lease.check()
    left_behind(tmp_path, replace(Driver.here(), token="other", pid=17, host="far"))
    with pytest.raises(StoreError, match="was taken over by process 17 on far"):
        lease.check()
    lease.release()
    assert (tmp_path / "driver.json").exists()


def test_a_released_lease_is_no_right(tmp_path) -> None:
    lease = Lease.acquire(tmp_path)
    lease.release()
    with pytest.raises(StoreError, match="taken over by nobody"):
        lease.check()


def test_a_lease_that_was_dropped_is_given_up(tmp_path) -> None:
    lease = Lease.acquire(tmp_path)
    del lease
    gc.collect()
    assert read_driver(tmp_path) is None


def test_a_driver_that_lives_shows_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("shoal.orchestrator.lease.BEAT_SECONDS", 0.01)
    lease = Lease.acquire(tmp_path)
    path = tmp_path / "driver.json"
    os.utime(path, (0, 0))
    for _ in range(1000):
        if path.stat().st_mtime > 0:
            break
        subprocess.run(["sleep", "0.01"], check=True)
    assert path.stat().st_mtime > 0
    lease.release()
