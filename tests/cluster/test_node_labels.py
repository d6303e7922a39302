"""Labels of the nodes of a Ray that we start."""

import pytest
from ray._private.label_utils import validate_node_label_syntax

from shoal.cluster.allocation import Allocation
from shoal.cluster.node_labels import NodeLabels, labels_option


@pytest.mark.parametrize(
    ("hosts", "host", "is_meant"),
    [
        ("n1", "n1", True),
        ("n1", "n10", False),
        ("n[1-16]", "n10", True),
        ("gpu*", "gpu07", True),
        ("*.site", "n1.site", True),
        ("n*", "gpu", False),
    ],
)
def test_hosts_are_named_listed_or_matched(hosts: str, host: str, is_meant: bool) -> None:
    assert ("net" in NodeLabels({hosts: {"net": "open"}}).of(host)) == is_meant


def test_what_is_said_goes_before_what_is_known() -> None:
    said = NodeLabels({"n1": {"shoal.io/partition": "mine"}})
    assert said.of("n1", {"shoal.io/partition": "main"}) == {
        "shoal.io/host": "n1",
        "shoal.io/partition": "mine",
    }


def test_a_name_that_ray_could_not_take_is_no_label() -> None:
    assert NodeLabels().of("n" * 64) == {}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"n1": {"ray.io/x": "a"}}, "labels of n1: found the name 'ray.io/x'"),
        ({"n1": {"a b": "c"}}, "found the name 'a b', expected letters"),
        ({"n1": {"a": "b,c=d"}}, "found a = 'b,c=d', expected 1 to 63 letters"),
        ({"n[1-": {"a": "b"}}, "cannot read the list of hosts"),
    ],
)
def test_what_ray_could_not_take_is_refused(said, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        NodeLabels(said)


def test_a_job_labels_its_nodes_with_where_they_are_in_it() -> None:
    job = Allocation(
        job="1", nodes=("n1", "g1"), groups=(0, 1), here="n1", partitions=("main", "gpu")
    )
    labels = job.labels_of("g1")
    assert labels == {
        "shoal.io/host": "g1",
        "shoal.io/component": "1",
        "shoal.io/partition": "gpu",
    }
    validate_node_label_syntax(dict(labels))
    assert labels_option(labels).startswith("--labels=shoal.io/host=g1,")
