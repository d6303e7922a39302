"""Where workers are started: numbers in, nodes out."""

from collections import Counter
from pathlib import Path

import pytest

from shoal.cluster.fleet import Node, living_nodes, workers_to_start
from shoal.cluster.ray_settings import attached_settings


def settings(workers: int | None = None, threads: int = 1, gpus: int = 0):
    return attached_settings(Path("x"), "auto", workers=workers, threads=threads, gpus=gpus)


def listed(name: str, *, alive: bool = True, **resources: float):
    return {"NodeID": name, "Alive": alive, "Resources": resources}


def test_nodes_that_live_have_room_by_their_cores() -> None:
    nodes = [listed("a", CPU=8.0), listed("b", alive=False, CPU=8.0), listed("c")]
    assert living_nodes(nodes, settings(threads=3)) == [Node("a", 2), Node("c", 0)]


def test_a_worker_with_a_gpu_needs_one() -> None:
    nodes = [listed("a", CPU=8.0, GPU=2.0), listed("b", CPU=8.0)]
    assert living_nodes(nodes, settings(gpus=1)) == [Node("a", 2), Node("b", 0)]


def test_every_node_is_filled() -> None:
    assert Counter(workers_to_start([Node("a", 2), Node("b", 3)], {}, settings())) == {
        "a": 2,
        "b": 3,
    }


def test_workers_are_spread_when_fewer_are_wanted() -> None:
    chosen = workers_to_start([Node("a", 4), Node("b", 4)], {}, settings(workers=2))
    assert sorted(chosen) == ["a", "b"]


def test_only_missing_workers_are_started() -> None:
    nodes = [Node("a", 2), Node("b", 2)]
    assert workers_to_start(nodes, {"a": 2, "b": 1}, settings()) == ["b"]


def test_workers_on_lost_nodes_do_not_count() -> None:
    assert workers_to_start([Node("b", 4)], {"a": 2}, settings(workers=2)) == ["b", "b"]


def test_no_room_no_workers() -> None:
    assert workers_to_start([Node("a", 0)], {}, settings(workers=3)) == []


@pytest.mark.parametrize("numbers", [{"workers": 0}, {"threads": 0}, {"gpus": 2}])
def test_settings_that_make_no_sense_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        settings(**numbers)
