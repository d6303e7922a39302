"""Angles are what Qiskit binds, for all rows at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter, ParameterExpression

from shoal.cluster.engines.batched.lowering.affine import Affine
from shoal.cluster.engines.batched.lowering.columns import Columns, extend_rows

A, B, C = (Parameter(name) for name in "abc")
PARAMETERS = [A, B, C]


def evaluate(expression, rows):
    columns = Columns(PARAMETERS)
    angle = columns.read(expression)
    extended = extend_rows(rows, columns.formulas)
    return angle.constant + sum(k * extended[:, column] for column, k in angle.terms)


def bound(expression, rows):
    names = [p for p in PARAMETERS if p in expression.parameters]
    return [
        float(expression.bind({p: row[PARAMETERS.index(p)] for p in names}).numeric())
        for row in rows
    ]


@pytest.mark.parametrize(
    "expression",
    [
        A * B,
        A**2,
        2**A,
        A**B,
        2 / A,
        2 - A * B,
        A / B,
        (A - B) * (B - C),
        1 - A * A,
        abs(A - B),
        A.sign() * B,
        A.conjugate() * B,
        A.exp(),
        A.log(),
        A.sin() + A.cos() * A.tan(),
        (A / 4).arcsin() + (A / 4).arccos() - B.arctan(),
        (A * B).subs({A: C + 1}),
        (A * A * B).gradient(A),
        (A * B).assign(B, 1.5),
        (1j * A) * (1j * B),
        -(A * B),
    ],
    ids=str,
)
def test_formula(expression, rng):
    rows = rng.uniform(0.1, 3, (6, 3))

    np.testing.assert_allclose(evaluate(expression, rows), bound(expression, rows), rtol=1e-14)


@pytest.mark.parametrize(
    ("expression", "affine"),
    [
        (A, Affine(0.0, ((0, 1.0),))),
        (2 - B / 4 + 3 * A, Affine(2.0, ((0, 3.0), (1, -0.25)))),
        ((A + B) * 2 - (B - C) * math.pi, Affine(0.0, ((0, 2), (1, 2 - math.pi), (2, math.pi)))),
        ((A * B).assign(B, 2.0), Affine(0.0, ((0, 2.0),))),
        (A * 0 + 5, Affine(5.0)),
        (A - A + B, Affine(0.0, ((1, 1.0),))),
        (0.25, Affine(0.25)),
        (np.float64(0.25), Affine(0.25)),
        ((A * B).bind({A: 2, B: 3}), Affine(6.0)),
    ],
    ids=str,
)
def test_affine(expression, affine):
    columns = Columns(PARAMETERS)

    assert columns.read(expression) == affine
    assert not columns.formulas


def test_a_formula_is_computed_once():
    columns = Columns(PARAMETERS)

    assert columns.read(A.sin() + B) == columns.read(A.sin() + B)
    assert len(columns.formulas) == 1


def test_not_real(rng):
    columns = Columns(PARAMETERS)
    columns.read(A.log())

    with pytest.raises(ValueError, match="nan at row 1 of the parameters"):
        extend_rows(np.array([[1.0, 0, 0], [-1.0, 0, 0]]), columns.formulas)


EXPRESSIONS = st.recursive(
    st.sampled_from(PARAMETERS) | st.floats(-2, 2).map(lambda x: round(x, 3)),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        inner.map(lambda one: one.sin() if isinstance(one, ParameterExpression) else one),
        inner.map(lambda one: -one),
    ),
    max_leaves=8,
)


@given(expression=EXPRESSIONS.filter(lambda one: isinstance(one, ParameterExpression)))
def test_any_expression(expression):
    rows = np.random.default_rng(0).uniform(-3, 3, (5, 3))

    np.testing.assert_allclose(evaluate(expression, rows), bound(expression, rows), atol=1e-12)
