"""Something dies in the middle of a sweep: nothing is lost, nothing runs twice, nothing is left."""

import os
import signal
from pathlib import Path

import pytest

from tests.chaos.sweeps import PATIENCE_SECONDS, Sweep, assert_nothing_runs, wait_until
from tests.local_ray import processes_of_session

pytestmark = pytest.mark.slow

NO_RAY = ("--workers=0", "--seconds=0")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return Sweep(tmp_path_factory.mktemp("undisturbed")).finish(*NO_RAY)


def assert_goes_on(sweep: Sweep, undisturbed: str, *options: str) -> None:
    """Run the sweep again: it must run what was not committed, and that only."""
    kept, before = sweep.committed(), len(sweep.script.ran())
    assert sweep.finish(*options) == undisturbed
    again = sweep.script.ran()[before:]
    assert kept.isdisjoint(again)
    assert sorted(again) == sorted(set(range(16)) - kept)


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_a_driver_that_dies_leaves_nothing_running_and_is_resumed(
    way: signal.Signals, tmp_path: Path, undisturbed: str
) -> None:
    sweep = Sweep(tmp_path, held=2)
    sweep.start()
    sweep.wait_for_held(2)
    sessions = sweep.kill(way)
    assert_nothing_runs(sessions)
    wait_until(lambda: not sweep.node_folder.exists())
    assert_goes_on(sweep, undisturbed, *NO_RAY)


def test_a_start_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path, held=2)
    sweep.start()
    assert_nothing_runs(sweep.kill(signal.SIGINT))
    assert not sweep.node_folder.exists()


@pytest.mark.parametrize("victim", ["raylet/raylet", "gcs_server"])
def test_a_ray_that_dies_is_replaced_and_the_sweep_goes_on(
    victim: str, tmp_path: Path, undisturbed: str
) -> None:
    # Workers outlive a raylet for a moment: blocks of 0.1 s might all be done before it is missed.
    sweep = Sweep(tmp_path, held=2)
    process = sweep.start()
    sweep.wait_for_held(2)
    os.kill(sweep.pid_of(victim), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert out.split()[-1] == undisturbed
    assert err.count("starting again, attempt 1 of 3") == 1
    assert len(err.strip().splitlines()) == 1


def test_a_worker_that_dies_is_replaced(tmp_path: Path, undisturbed: str) -> None:
    sweep = Sweep(tmp_path, workers=1, held=1)
    process = sweep.start()
    sweep.wait_for_held(1)
    os.kill(min(sweep.script.pids()), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert out.split()[-1] == undisturbed
    assert err == ""
    assert len(sweep.script.pids()) == 2


def test_the_driver_of_the_driver_dies_with_it(tmp_path: Path, undisturbed: str) -> None:
    """Both at once: then nobody is left to clean up, and the next start does it."""
    sweep = Sweep(tmp_path, held=2)
    process = sweep.start()
    sweep.wait_for_held(2)
    (session,) = sweep.sessions()
    os.kill(process.pid, signal.SIGSTOP)
    os.kill(session, signal.SIGKILL)
    process.kill()
    process.communicate()
    left = sweep.node_folder
    assert left.exists()
    wait_until(lambda: not sweep.script.pids() & set(processes_of_session(session)))
    assert_goes_on(sweep, undisturbed)
    assert not left.exists()
    assert_nothing_runs([session])
