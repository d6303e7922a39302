"""The numeric address under which this node is reached."""

import pytest

from shoal.cluster.slurm.own_address import own_address
from shoal.primitives.errors import ExecutionError


def test_an_interface_has_its_address() -> None:
    assert own_address("lo", ()) == "127.0.0.1"


def test_an_unknown_interface_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ExecutionError, match=r"no network interface 'hsn9' .* found .*lo"):
        own_address("hsn9", ())


def test_loopback_is_no_way_to_other_nodes() -> None:
    with pytest.raises(ExecutionError, match=r"no address .* \(tried the ways to localhost\)"):
        own_address(None, ("localhost",))
