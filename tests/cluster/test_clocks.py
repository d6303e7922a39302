"""Clocks of two machines, compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.cluster.clocks import ClockSkew


@pytest.mark.parametrize(
    ("said", "limit", "is_beyond"),
    [(100.5, 0.0, False), (101.0, 0.0, False), (101.1, 0.0, True), (97.0, 2.0, True)],
)
def test_what_the_way_took_is_no_skew(said: float, limit: float, is_beyond: bool) -> None:
    assert ClockSkew.measured(asked=100.0, said=said, heard=101.0).is_beyond(limit) is is_beyond


def test_a_skew_says_in_which_direction() -> None:
    assert str(ClockSkew.measured(asked=0.0, said=61.0, heard=2.0)) == "60 s ahead of ours"
    assert str(ClockSkew.measured(asked=90.0, said=31.0, heard=92.0)) == "60 s behind ours"


SECONDS = st.floats(0.0, 1e4)


@given(skew=st.floats(-1e9, 1e9), there=SECONDS, back=SECONDS, asked=st.floats(0.0, 2e9))
def test_what_is_measured_is_right_but_for_the_doubt(skew, there, back, asked) -> None:
    found = ClockSkew.measured(asked=asked, said=asked + there + skew, heard=asked + there + back)
    rounding = 1e-5
    assert abs(found.seconds - skew) <= found.doubt_seconds + rounding
    # So nobody whose clock is right is ever told that it is wrong.
    assert skew != 0.0 or not found.is_beyond(rounding)
