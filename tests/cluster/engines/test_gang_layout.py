"""Which ranks of a world share a state."""

import pytest

from shoal.cluster.engines.gang_layout import (
    fitting_gang,
    gang_fault,
    gang_sizes,
    gangs_of,
    own_gang,
    share,
)


@pytest.mark.parametrize("world", range(2, 70))
def test_gangs_cover_a_world_once_and_each_rank_finds_its_own(world: int) -> None:
    sizes = gang_sizes(world)
    assert 2 in sizes  # one of the world's size and the one below is even
    for size in sizes:
        gangs = gangs_of(world, size)
        assert gangs is not None
        ranks = [rank for gang in gangs for rank in gang]
        assert ranks == list(range(world % size, world))
        assert all(own_gang(world, size, rank) == gang for gang in gangs for rank in gang)
        assert world % size in (0, 1)


@pytest.mark.parametrize(("world", "size"), [(6, 4), (2, 4), (7, 4), (1, 2)])
def test_a_world_that_does_not_come_out_even_has_no_gangs(world: int, size: int) -> None:
    assert gangs_of(world, size) is None
    assert own_gang(world, size, 0) == range(1)


@pytest.mark.parametrize("ranks", [1, 0, 3, 6, -2])
def test_a_gang_is_a_power_of_two(ranks: int) -> None:
    assert gang_fault(ranks) == (
        f"found a gang of {ranks} ranks, expected 2, 4, 8 ...: states are halved again and again"
    )


def test_the_smallest_gang_that_has_the_memory_is_chosen() -> None:
    assert share(1 << 20, 4) == 1 << 19
    assert fitting_gang([2, 4, 8], 1 << 20, 1 << 20) == 2
    assert fitting_gang([2, 4, 8], 1 << 20, (1 << 20) - 1) == 4
    assert fitting_gang([2, 4, 8], 1 << 20, 1000) is None
    assert fitting_gang([2, 4, 8], 1 << 60, None) == 2
