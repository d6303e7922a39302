"""A Ray of several nodes that somebody else runs: nodes leave and join while a sweep runs."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from shoal.cluster import Cluster, open_store
from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import find_job
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble
from tests.chaos.sweeps import wait_until
from tests.local_ray import ROOT
from tests.scripted import Script, answer, request_of

pytestmark = pytest.mark.slow

NUM_BLOCKS = 16
POLICY = Policy(sizes=ShardSizes(blocks=1))


class Nodes:
    """The process that keeps the nodes."""

    def __init__(self, folder: Path) -> None:
        token = folder / "token"
        token.write_text(secrets.token_hex(32))
        token.chmod(0o600)
        self.environment = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_TMPDIR": str(folder),
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_timeout_ms": "2000",
            "RAY_health_check_failure_threshold": "3",
            "DASHBOARD_METRIC_PORT": "0",
            "AUTOSCALER_METRIC_PORT": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        (folder / "ray").mkdir()
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.ray_nodes", str(folder / "r")],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        self.address = self._line()

    def say(self, word: str) -> None:
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        self._line()

    def close(self) -> None:
        self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def _line(self) -> str:
        while line := self.process.stdout.readline().strip():
            if line[0].isdigit():
                return line
        raise AssertionError(Path(self.log.name).read_text()[-2000:])


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="n", ignore_cleanup_errors=True) as folder:
        opened = Nodes(Path(folder))
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        yield opened
        opened.close()


def test_nodes_may_leave_and_join(nodes: Nodes, tmp_path: Path) -> None:
    script = Script(tmp_path, gated=3)
    request = request_of(NUM_BLOCKS)
    workload = expand(request)
    store = tmp_path / "store"

    def told(event: str) -> int:
        return [one["event"] for one in read_events(find_job(store, "nodes"))].count(event)

    with Cluster.connect(nodes.address, store=store, policy=POLICY, make_engine=script) as cluster:
        job = cluster.submit(request, name="nodes")
        wait_until(lambda: len(script.pids()) >= 2)
        nodes.say("add")
        wait_until(lambda: len(script.pids()) >= 3)
        nodes.say("remove")
        wait_until(lambda: told("worker_lost") >= 1)
        script.open_gate()
        result = job.result()
    expected = assemble(request, workload, [answer(workload, block) for block in workload.blocks])
    assert np.array_equal(result[0].data.evs, expected[0].data.evs)
    assert told("worker_joined") >= 3


def test_a_closed_cluster_gives_the_nodes_back(nodes: Nodes, tmp_path: Path) -> None:
    script = Script(tmp_path)
    for number in range(2):
        with Cluster.connect(
            nodes.address, store=tmp_path / "s", is_shared=False, make_engine=script
        ) as cluster:
            cluster.submit(request_of(4, seed=number)).result(timeout=200)
        pids = script.pids()
    assert [job.done() for job in open_store(tmp_path / "s").jobs()] == [True, True]
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert nodes.process.poll() is None


def test_a_cluster_without_its_token_is_one_clear_line(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH")
    with pytest.raises(Exception, match=r"no Ray could be reached at 127.*authentication token"):
        Cluster.connect(nodes.address)
