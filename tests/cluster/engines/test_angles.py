import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter

from shoal.cluster.engines.angles import AffineAngle, Angles
from shoal.primitives.errors import EngineError

A, B = Parameter("a"), Parameter("b")


def expressions():
    leaves = st.sampled_from([A, B]) | st.floats(-2, 2).map(lambda value: round(value, 2))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: two[0] + two[1]),
            st.tuples(inner, inner).map(lambda two: two[0] * two[1]),
            inner.filter(lambda one: hasattr(one, "sin")).map(lambda one: one.sin()),
            inner.map(lambda one: -one),
        ),
        max_leaves=6,
    ).filter(lambda one: getattr(one, "parameters", None))


@given(expression=expressions())
def test_angles_are_what_binding_gives(expression):
    rows = np.array([[0.3, -1.2], [2.0, 0.7], [0.0, 0.0]])

    found = Angles.of([expression], [A, B]).at(rows)[0]

    wanted = [float(expression.bind_all({A: a, B: b})) for a, b in rows]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (A, AffineAngle((0,), (1.0,), 0.0)),
        (2 * B - A / 4 + 1, AffineAngle((0, 1), (-0.25, 2.0), 1.0)),
        (A - A + B, AffineAngle((1,), (1.0,), 0.0)),
    ],
)
def test_affine(expression, expected):
    assert Angles.of([expression], [A, B]).expressions == (expected,)


def test_what_is_no_number_is_named():
    angles = Angles.of([A.log()], [A])

    with pytest.raises(EngineError, match=r"the angle log\(a\) is"):
        angles.at(np.array([[-1.0]]))
