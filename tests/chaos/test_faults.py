"""Ray loses messages, or its processes are killed for minutes: results and ledger stay right."""

import os
import random
import signal
from pathlib import Path

import pytest

from tests.chaos.sweeps import PATIENCE_SECONDS, Sweep, assert_nothing_runs
from tests.chaos.test_kills import NO_RAY, assert_goes_on
from tests.local_ray import processes_of_session

pytestmark = pytest.mark.chaos

LOST_MESSAGES = (
    '{"*":{"num_failures":-1,"req_failure_prob":5,"resp_failure_prob":5,'
    '"in_flight_failure_prob":2}}'
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return Sweep(tmp_path_factory.mktemp("undisturbed")).finish(*NO_RAY)


def test_lost_messages_lose_nothing(
    tmp_path: Path, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_testing_rpc_failure", LOST_MESSAGES)
    sweep = Sweep(tmp_path, backup=1.0)
    assert sweep.finish() == undisturbed
    assert sweep.committed() == frozenset(range(16))


@pytest.mark.parametrize("count", [0, 1, 3, 7, 12, 15])
def test_a_driver_killed_anywhere_is_resumed(count: int, tmp_path: Path, undisturbed: str) -> None:
    sweep = Sweep(tmp_path)
    sweep.start(f"--gated={count}")
    sweep.wait_for_blocks(count)
    assert_nothing_runs(sweep.kill())
    assert_goes_on(sweep, undisturbed, *NO_RAY)


def test_a_driver_killed_again_and_again_comes_to_an_end(tmp_path: Path, undisturbed: str) -> None:
    sweep = Sweep(tmp_path)
    for count in (2, 5, 8, 11):
        sweep.start(f"--gated={count}")
        sweep.wait_for_blocks(count)
        assert_nothing_runs(sweep.kill())
    assert_goes_on(sweep, undisturbed)


@pytest.mark.parametrize("seed", range(3))
def test_any_of_rays_processes_may_be_killed(seed: int, tmp_path: Path, undisturbed: str) -> None:
    """Twelve random kills in a sweep of a minute, workers mostly; at most two of Ray itself."""
    chosen = random.Random(seed)
    sweep = Sweep(tmp_path, seconds=2.0)
    process = sweep.start("--gated=12")
    kills_of_ray = kills_of_workers = 0
    for count in range(1, 13):
        sweep.wait_for_blocks(count)
        lines = processes_of_session(sweep.sessions()[-1])
        workers = [pid for pid, line in lines.items() if line.startswith("ray::RayWorker")]
        own = [pid for pid, line in lines.items() if "raylet/raylet" in line or "gcs" in line]
        if own and kills_of_ray < 2 and chosen.random() < 0.2:
            kills_of_ray += 1
            os.kill(chosen.choice(own), signal.SIGKILL)
        elif workers:
            kills_of_workers += 1
            os.kill(chosen.choice(workers), signal.SIGKILL)
    sweep.script.open_gate()
    out, err = process.communicate(timeout=2 * PATIENCE_SECONDS)
    assert process.returncode == 0, err
    assert kills_of_workers > 2, "no process bears the workers' name"
    assert out.split()[-1] == undisturbed
    assert sweep.committed() == frozenset(range(16))
