"""Which ranks of a world share a state: gangs of neighbours, each a power of two. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def gang_fault(ranks: int) -> str | None:
    """Find out whether so many ranks can share a state.

    Args:
        ranks: Of a gang.

    Returns:
        What is wrong; ``None``: nothing.

    >>> gang_fault(3)
    'found a gang of 3 ranks, expected 2, 4, 8 ...: states are halved again and again'
    """
    if ranks >= 2 and ranks & (ranks - 1) == 0:
        return None
    return f"found a gang of {ranks} ranks, expected 2, 4, 8 ...: states are halved again and again"


def gangs_of(world: int, ranks: int) -> Sequence[range] | None:
    """Divide a world into gangs; its rank 0, which drives, works along where nobody is left over.

    Args:
        world: Ranks in all.
        ranks: Of a gang.

    Returns:
        The ranks of each gang, the first of which leads it; ``None``: they do not come out even.

    >>> gangs_of(4, 2)
    [range(0, 2), range(2, 4)]
    >>> gangs_of(5, 2)
    [range(1, 3), range(3, 5)]
    """
    first = world % ranks
    if first > 1 or world < ranks:
        return None
    return [range(start, start + ranks) for start in range(first, world, ranks)]


def own_gang(world: int, ranks: int, rank: int) -> range:
    """Return the gang that a rank is in; one that only drives is alone.

    Args:
        world: Ranks in all.
        ranks: Of each gang.
        rank: Which of them.

    >>> own_gang(5, 2, 4), own_gang(5, 2, 0)
    (range(3, 5), range(0, 1))
    """
    gangs = gangs_of(world, ranks) or []
    return next((gang for gang in gangs if rank in gang), range(rank, rank + 1))


def gang_sizes(world: int) -> Sequence[int]:
    """Return all sizes of gangs that a world can be divided into, rising.

    Args:
        world: Ranks in all.

    >>> gang_sizes(9), gang_sizes(6)
    ([2, 4, 8], [2])
    """
    sizes = [1 << bits for bits in range(1, world.bit_length())]
    return [size for size in sizes if gangs_of(world, size) is not None]


def fitting_gang(sizes: Sequence[int], state_bytes: int, rank_bytes: int | None) -> int | None:
    """Choose the smallest gang that has the memory for a state: more gangs, more work side by side.

    Args:
        sizes: What there is to choose from, rising.
        state_bytes: Of the whole state.
        rank_bytes: What each rank may use; ``None``: not limited.

    Returns:
        Ranks of the gang; ``None``: none is large enough.

    >>> fitting_gang([2, 4, 8], 16 << 20, 9 << 20)
    4
    """
    fitting = (
        size for size in sizes if rank_bytes is None or share(state_bytes, size) <= rank_bytes
    )
    return next(fitting, None)


def share(state_bytes: int, ranks: int) -> int:
    """Return what a rank needs of a state: its part, and as much for what is sent to and fro.

    Args:
        state_bytes: Of the whole state.
        ranks: Of the gang.
    """
    return 2 * state_bytes // ranks
