"""Nodes of a Ray that somebody else runs leave and join while a sweep runs."""

from collections.abc import Iterator
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
from tests.chaos.attached import Nodes, several_nodes
from tests.chaos.sweeps import wait_until
from tests.scripted import Script, answer, request_of

pytestmark = pytest.mark.slow

NUM_BLOCKS = 16
POLICY = Policy(sizes=ShardSizes(blocks=1))


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with several_nodes() as opened:
        yield opened


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
