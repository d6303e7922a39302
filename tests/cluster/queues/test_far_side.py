"""What the worker on a queue's node answers, without a node."""

import os

import pytest
from qiskit_aer import AerSimulator

from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.fleet import Node, room
from shoal.cluster.queues.far import FarBackend
from shoal.cluster.queues.far_side import FarProvider, far_call, proxies
from shoal.cluster.queues.profile import QueueTable, open_queues
from shoal.cluster.worker_kind import WorkerKind
from shoal.primitives.errors import RequestError

ME = "tests.cluster.queues.test_far_side:"


def lab(folder):
    script = FakeScript(unreachable=(0,), max_shots=50, max_circuits=3, has_tags=False)
    return FakeQueue(AerSimulator(), folder, script)


def offline():
    raise ConnectionRefusedError("no route")


def call(name, method, *arguments, **given):
    how = FarProvider(ME + name, given, "gate", name=f"{name} {given}")
    return far_call(None, how, method, arguments)


def test_an_introduction_is_enough_to_make_circuits_for(tmp_path):
    said = call("lab", "introduction", folder=str(tmp_path)).value
    backend = FarBackend(said)
    assert (backend.max_circuits, said.limits.max_shots, said.can_retrieve) == (3, 50, True)
    assert backend.target.operation_names == AerSimulator().target.operation_names
    with pytest.raises(RequestError, match="is elsewhere: its queue sends circuits"):
        backend.run([])


def test_faults_are_told_apart_where_they_happen(tmp_path):
    assert call("lab", "submit", [], 1, False, "tag", folder=str(tmp_path)).kind == "not_now"
    assert call("lab", "find", "tag", folder=str(tmp_path)).kind == "unlisted"
    assert call("lab", "look", "none", folder=str(tmp_path)).value.state == "lost"
    refused = call("offline", "find", "tag")
    assert refused.kind == "never_arrived"
    assert "the vendor is out of reach: no route" in refused.words


def test_proxies_are_given_where_there_are_none(tmp_path, monkeypatch):
    for name in proxies(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("https_proxy", "here")
    given = {"https_proxy": "there", "http_proxy": "there"}
    how = FarProvider(ME + "lab", {"folder": str(tmp_path)}, "gate", name="p", environment=given)
    far_call(None, how, "introduction", ())
    assert os.environ["https_proxy"] == "here"
    assert "http_proxy" not in os.environ


@pytest.mark.parametrize(
    ("node", "found"), [("gate", 1), ("role=gate", 1), ("way_out", 1), ("role", 0), ("other", 0)]
)
def test_a_node_is_called_by_a_label_or_a_resource(node, found):
    there = Node("n", {"way_out": 1.0}, {"role": "gate"})
    assert room(there, WorkerKind(workers=1, node=node, takes_cores=False)) == found


def test_a_node_without_a_ray_is_refused(tmp_path):
    table = QueueTable(provider=ME + "lab", node="gate")
    with pytest.raises(RequestError, match=r"queues.lab.node = 'gate' names a node of a Ray"):
        open_queues({"lab": table}, tmp_path)
