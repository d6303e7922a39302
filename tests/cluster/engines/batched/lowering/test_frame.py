"""A frame says where basis states are, whatever CX, X and SWAP did to them."""

from hypothesis import given
from hypothesis import strategies as st

from shoal.cluster.engines.batched.lowering.frame import Frame, parity

NUM_QUBITS = 4

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("x"), st.integers(0, 3)),
        st.tuples(st.just("cx"), st.permutations(range(4)).map(lambda order: tuple(order[:2]))),
        st.tuples(st.just("swap"), st.permutations(range(4)).map(lambda order: tuple(order[:2]))),
    ),
    max_size=15,
)


def moved(state: int, name: str, where) -> int:
    """What a gate does to a basis state."""
    if name == "x":
        return state ^ 1 << where
    one, other = where
    if name == "cx":
        return state ^ (state >> one & 1) << other
    differs = (state >> one ^ state >> other) & 1
    return state ^ (differs << one | differs << other)


@given(moves=MOVES)
def test_frame_follows_basis_states(moves):
    frame = Frame(NUM_QUBITS)
    for name, where in moves:
        getattr(frame, name)(*([where] if name == "x" else where))

    for start in range(1 << NUM_QUBITS):
        state = start
        for name, where in moves:
            state = moved(state, name, where)
        for qubit in range(NUM_QUBITS):
            one = frame.is_one(qubit)
            assert (parity(start & one.role) == one.value) == bool(state >> qubit & 1)
        odd = frame.parity_of([0, 2, 3])
        assert (parity(start & odd.role) == odd.value) == bool(parity(state & 0b1101))


@given(moves=MOVES)
def test_flips_are_dual_to_roles(moves):
    frame = Frame(NUM_QUBITS)
    for name, where in moves:
        getattr(frame, name)(*([where] if name == "x" else where))

    for one in range(NUM_QUBITS):
        for other in range(NUM_QUBITS):
            assert parity(frame.flips[one] & frame.roles[other]) == (one == other)


def test_permute():
    frame = Frame(3)

    frame.permute([0, 1, 2], [2, 0, 1])

    assert frame.roles == [0b100, 0b001, 0b010]
