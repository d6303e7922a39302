"""Slurm's way of writing many host names."""

import pytest

from shoal.cluster.hostlist import expand_hostlist


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("n1", ("n1",)),
        ("n1,n2", ("n1", "n2")),
        ("n[1-3]", ("n1", "n2", "n3")),
        ("n[08-11]", ("n08", "n09", "n10", "n11")),
        ("n[1,3-4],login", ("n1", "n3", "n4", "login")),
        ("nid[001-002]-ib", ("nid001-ib", "nid002-ib")),
        ("rack[0-1]node[5,7]", ("rack0node5", "rack0node7", "rack1node5", "rack1node7")),
    ],
)
def test_a_list_stands_for_its_hosts(text: str, hosts: tuple[str, ...]) -> None:
    assert expand_hostlist(text) == hosts


@pytest.mark.parametrize("text", ["", "n[1", "n[a-b]", "n]1["])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read .* expected, say, "):
        expand_hostlist(text)
