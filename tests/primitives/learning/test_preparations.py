"""States that show all pairs of Paulis on neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.learning.preparations import preparations

LINE = [(q, q + 1) for q in range(9)]
RING = [*LINE, (0, 9)]
STAR = [(0, q) for q in range(1, 10)]
COMPLETE = [(a, b) for a in range(5) for b in range(a)]


@pytest.mark.parametrize(("edges", "states"), [(LINE, 9), (RING, 9), (STAR, 9), (COMPLETE, 27)])
def test_all_pairs_are_seen(edges, states):
    found = preparations(10, edges)
    assert found.shape == (states, 10)
    assert found.min() == 1
    assert found.max() == 3
    for one, other in edges:
        assert len({tuple(pair) for pair in found[:, [one, other]]}) == 9


def test_one_qubit_needs_three_states():
    assert preparations(1, []).tolist() == [[1], [2], [3]]


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1])))
def test_any_graph_is_covered(edges):
    found = preparations(8, sorted(edges))
    for one, other in edges:
        pairs = found[:, one].astype(int) * 4 + found[:, other]
        assert np.unique(pairs).size == 9
