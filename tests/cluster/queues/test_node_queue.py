"""A queue that a worker of a Ray of ours speaks with, on the node that it names."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator

from shoal.cluster import Cluster, NodeQueue, Queues
from shoal.cluster.engines.fake import FakeQueue
from shoal.cluster.queues.settings import QueueSettings
from shoal.primitives import Estimator
from shoal.primitives.errors import RequestError
from tests.cluster.queues.deadly import NEEDED, vendor_queue
from tests.local_ray import ROOT

pytestmark = pytest.mark.slow

FAST = QueueSettings(poll_seconds=0.01, max_poll_seconds=0.05, max_in_flight=2)


def vendor(folder, kind="FakeQueue"):
    """Open the queue; note in which process."""
    Path(folder, "where").write_text(f"{os.getpid()} {os.environ.get('https_proxy', '-')}")
    return vendor_queue(folder, kind)


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        patch.setenv("https_proxy", "http://out.invalid:3128")
        labels = {"*": {"role": "gate"}}
        with Cluster.local(workers=1, node_labels=labels) as opened:
            yield opened


def queue(folder, node, **arguments):
    provider = "tests.cluster.queues.test_node_queue:vendor"
    return NodeQueue(provider, node, {"folder": str(folder), **arguments})


def submissions(cluster, folder, one):
    """Run pubs on a simulator and on the queue; return how many jobs the vendor took in."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    angles = np.linspace(0.0, np.pi, 12).reshape(12, 1)
    options = {"execution": {"engines": ["aer", "lab"]}, "seed": 1}
    mode = cluster.with_queues({"lab": (one, FAST)})
    result = Estimator(mode, options).run([(circuit, "Z", angles)] * 2, precision=0.05).result()
    for pub in result:
        assert (pub.data.evs[0], pub.data.evs[-1]) == (1.0, -1.0)
    return FakeQueue(AerSimulator(), folder / "vendor").submissions


@pytest.mark.parametrize("node", ["gate", "role=gate", socket.gethostname()])
def test_a_worker_on_the_node_speaks_with_the_vendor(cluster, tmp_path, node):
    assert submissions(cluster, tmp_path, queue(tmp_path, node)) == NEEDED
    process, proxy = (tmp_path / "where").read_text().split()
    assert int(process) != os.getpid()
    assert proxy == "http://out.invalid:3128"


def test_a_worker_that_is_killed_while_it_submits_leaves_no_job_behind(cluster, tmp_path):
    assert submissions(cluster, tmp_path, queue(tmp_path, "gate", kind="Deadly")) == NEEDED
    assert (tmp_path / "vendor" / "killed").exists()


def test_a_node_that_is_not_there_is_refused_with_those_that_are(cluster, tmp_path):
    words = r"no node has room for a worker of a node called 'nobody'; found .*role=gate"
    with pytest.raises(RequestError, match=words):
        cluster.with_queues({"lab": queue(tmp_path, "nobody")})
    assert submissions(cluster, tmp_path, queue(tmp_path, "gate")) == NEEDED


def test_what_the_provider_says_there_is_said_here(cluster, tmp_path):
    with pytest.raises(RequestError, match=r"on the node 'gate'.*KeyError.*Credentials"):
        cluster.with_queues({"lab": queue(tmp_path, "gate", kind="Unknown")})


def test_without_a_ray_there_are_no_nodes(tmp_path):
    with pytest.raises(TypeError, match=r"a NodeQueue takes Cluster\.with_queues"):
        Queues({"lab": queue(tmp_path, "gate")})
