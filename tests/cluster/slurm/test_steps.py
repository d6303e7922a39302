"""Clocks of nodes, compared through messages that take their time."""

import pytest

from shoal.cluster.slurm.steps import clock_error


@pytest.mark.parametrize(
    ("there", "error"), [(105.0, 0.0), (100.0, 0.0), (110.0, 0.0), (3710.0, 3600.0), (90.0, -10.0)]
)
def test_only_what_the_way_cannot_explain_is_an_error(there: float, error: float) -> None:
    assert clock_error(100.0, there, 110.0) == error
