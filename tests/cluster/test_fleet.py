"""Where workers are started: numbers in, nodes out."""

from collections import Counter

import pytest

from shoal.cluster.fleet import Node, described, living_nodes, room, without_room, workers_to_start
from shoal.cluster.worker_kind import WorkerKind


def listed(name: str, *, alive: bool = True, **resources: float):
    return {
        "NodeID": name,
        "Alive": alive,
        "Resources": resources,
        "Labels": {"pool": name},
        "NodeManagerHostname": f"host-{name}",
    }


def cores(name: str, count: float, **more: float) -> Node:
    return Node(name, {"CPU": count, **more})


def to_start(nodes: list[Node], there: dict[str, int], **needs) -> list[str]:
    kinds = [WorkerKind(**needs)]
    chosen = workers_to_start(nodes, {(name, 0): count for name, count in there.items()}, kinds)
    return [name for name, _ in chosen]


def test_only_nodes_that_live_count() -> None:
    nodes = living_nodes([listed("a", CPU=8.0), listed("b", alive=False, CPU=8.0), listed("c")])
    assert nodes == [
        Node("a", {"CPU": 8.0}, {"pool": "a"}, "host-a"),
        Node("c", {}, {"pool": "c"}, "host-c"),
    ]


@pytest.mark.parametrize(
    ("needs", "resources", "expected"),
    [
        ({}, {"CPU": 8.0}, 8),
        ({"threads": 3}, {"CPU": 8.0}, 2),
        ({}, {}, 0),
        ({"gpus": 1}, {"CPU": 8.0, "GPU": 2.0}, 2),
        ({"gpus": 1}, {"CPU": 8.0}, 0),
        ({"gpus": 0.5}, {"CPU": 8.0, "GPU": 2.0}, 4),
        # Three on each GPU: nobody can have a tenth of one and two of the other.
        ({"gpus": 0.3}, {"CPU": 8.0, "GPU": 2.0}, 6),
        ({"gpus": 0.1}, {"CPU": 64.0, "GPU": 1.0}, 10),
        ({"resources": {"queue": 1}}, {"CPU": 8.0, "queue": 2.0}, 2),
        ({"resources": {"queue": 0.001}}, {"CPU": 8.0, "queue": 1.0}, 8),
        ({"resources": {"queue": 1}}, {"CPU": 8.0}, 0),
    ],
)
def test_room_is_what_the_scarcest_resource_leaves(needs, resources, expected) -> None:
    assert room(Node("a", resources), WorkerKind(**needs)) == expected


def test_labels_say_where_workers_may_be() -> None:
    kind = WorkerKind(labels={"pool": "gate"})
    assert room(Node("a", {"CPU": 4.0}, {"pool": "gate", "zone": "1"}), kind) == 4
    assert room(Node("a", {"CPU": 4.0}, {"pool": "other"}), kind) == 0
    assert room(cores("a", 4.0), kind) == 0


def test_every_node_is_filled() -> None:
    assert Counter(to_start([cores("a", 2), cores("b", 3)], {})) == {"a": 2, "b": 3}


def test_workers_are_spread_when_fewer_are_wanted() -> None:
    assert sorted(to_start([cores("a", 4), cores("b", 4)], {}, workers=2)) == ["a", "b"]


def test_only_missing_workers_are_started() -> None:
    assert to_start([cores("a", 2), cores("b", 2)], {"a": 2, "b": 1}) == ["b"]


def test_workers_on_lost_nodes_do_not_count() -> None:
    assert to_start([cores("b", 4)], {"a": 2}, workers=2) == ["b", "b"]


def test_no_room_no_workers() -> None:
    assert to_start([cores("a", 0)], {}, workers=3) == []


def test_kinds_share_a_node_and_those_that_are_counted_go_first() -> None:
    fill, gate = WorkerKind(), WorkerKind(workers=1, resources={"queue": 1}, serves=("queue",))
    nodes = [cores("a", 3, queue=1.0), cores("b", 2)]
    chosen = Counter(workers_to_start(nodes, {}, [fill, gate]))
    assert chosen == {("a", 1): 1, ("a", 0): 2, ("b", 0): 2}
    assert workers_to_start(nodes, chosen, [fill, gate]) == []


def test_a_gpu_kind_and_a_cpu_kind_fill_a_heterogeneous_cluster() -> None:
    kinds = [WorkerKind(gpus=1, workers=8), WorkerKind(threads=2)]
    nodes = [cores("a", 8, GPU=2.0), cores("b", 8)]
    chosen = Counter(workers_to_start(nodes, {}, kinds))
    assert chosen == {("a", 0): 2, ("a", 1): 3, ("b", 1): 4}


def test_what_no_node_could_have_is_named_with_what_there_is() -> None:
    nodes = [Node("a" * 56, {"CPU": 4.0, "GPU": 1.0, "node:1.2.3.4": 1.0}, {"zone": "x"}, "host-a")]
    possible, impossible = WorkerKind(threads=4), WorkerKind(threads=5, gpus=1)
    assert without_room(nodes, [possible, impossible]) == [impossible]
    assert str(impossible) == "5 cores, a GPU"
    assert described(nodes) == "host-a (4 cores, 1 GPU, zone=x)"
    assert described([]) == "none"


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ({"workers": 0}, "workers"),
        ({"threads": 0}, "threads"),
        ({"gpus": 2}, "gpus=2"),
        ({"gpus": -0.5}, "gpus"),
        ({"resources": {"CPU": 2}}, "threads"),
        ({"resources": {"queue": 0}}, "queue=0"),
    ],
)
def test_workers_that_make_no_sense_are_refused(numbers, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        WorkerKind(**numbers)
