"""A queue whose vendor only one node can reach: it is spoken with from there, and paid once."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from shoal.cluster.queues.profile import open_queues
from shoal.primitives.errors import RequestError
from tests.chaos.attached import Nodes, several_nodes
from tests.chaos.far import run, table
from tests.cluster.queues.deadly import NEEDED
from tests.local_ray import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with several_nodes() as opened:
        opened.say("add", role="gate", num_cpus=0)
        yield opened


def check(found):
    values, submissions = found
    assert values[0] == 1.0
    assert values[-1] == -1.0
    assert submissions == NEEDED


def test_a_queue_is_spoken_with_from_its_node(nodes, tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://out.invalid:3128")
    queues = open_queues({"lab": table(tmp_path, "gate")}, tmp_path, nodes.address)
    check(run(tmp_path, queues))
    queues.close()
    assert (tmp_path / "where").read_text() == "gate http://out.invalid:3128"


def test_a_worker_that_is_killed_while_it_submits_leaves_no_job_behind(nodes, tmp_path):
    queues = open_queues({"lab": table(tmp_path, "gate", "Deadly")}, tmp_path, nodes.address)
    check(run(tmp_path, queues))
    queues.close()
    assert (tmp_path / "vendor" / "killed").exists()


def drive(folder, address, *arguments):
    command = [sys.executable, "-m", "tests.chaos.far", str(folder), address, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT
    )


def test_a_driver_that_is_killed_submits_nothing_twice(nodes, tmp_path):
    # The first call asks what the queue is, the second one submits: nobody hears the answer.
    for step, nth in (("called", "2"), ("intend", "1"), ("submitted", "1")):
        assert drive(tmp_path, nodes.address, step, nth).returncode == -signal.SIGKILL, step
    said = drive(tmp_path, nodes.address)
    assert said.returncode == 0, said.stderr
    check(json.loads(said.stdout))


def test_a_node_that_is_not_there_is_refused_with_those_that_are(nodes, tmp_path):
    words = "no node has room for a worker of a node called 'nobody'; found .*role=gate"
    with pytest.raises(RequestError, match=words):
        open_queues({"lab": table(tmp_path, "nobody")}, tmp_path, nodes.address)


def test_what_the_provider_says_there_is_said_here(nodes, tmp_path):
    said = table(tmp_path, "gate", "Unknown")
    with pytest.raises(RequestError, match=r"on the node 'gate'.*KeyError.*Credentials"):
        open_queues({"lab": said}, tmp_path, nodes.address)
