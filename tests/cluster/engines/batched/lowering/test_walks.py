"""Walks visit exactly the places that meet all conditions."""

from hypothesis import given
from hypothesis import strategies as st

from shoal.cluster.engines.batched.lowering.frame import parity
from shoal.cluster.engines.batched.lowering.walks import solve

NUM_BITS = 5


def visited(walk, piece: int) -> list[int]:
    """Follow a walk as the kernel does."""
    if any(parity(piece & role) != value for role, value in walk.checks):
        return []
    place = walk.start
    for role, vector in walk.shifts:
        place ^= vector * parity(piece & role)
    places = []
    for count in range(1, (1 << len(walk.steps)) + 1):
        places.append(place)
        step = (count & -count).bit_length() - 1
        place ^= (*walk.steps, 0)[step]
    return places


@given(
    rules=st.lists(
        st.tuples(st.integers(0, 31), st.integers(0, 7), st.integers(0, 1)), max_size=NUM_BITS + 1
    )
)
def test_all_solutions_once(rules):
    walk = solve(rules, NUM_BITS)

    for piece in range(8):
        wanted = [
            place
            for place in range(1 << NUM_BITS)
            if all(
                parity(place & inner) ^ parity(piece & outer) == value
                for inner, outer, value in rules
            )
        ]
        assert sorted(visited(walk, piece)) == wanted


def test_neighbours_are_walked_most():
    walk = solve([(0b10010, 0, 1)], NUM_BITS)

    assert walk.start == 0b10000
    assert walk.steps[0] == 0b00001
