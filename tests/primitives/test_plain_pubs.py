"""Pubs of the plain form read as Qiskit's containers read them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from shoal.primitives.options import EstimatorOptions
from shoal.primitives.plain_pubs import plain_pub
from shoal.primitives.pubs import _Observables, estimator_request

from .requests import ansatz

OBSERVABLES = [
    "ZZ",
    "0+",
    ["ZZ", "XI"],
    [["ZZ"], ["XX"]],
    SparsePauliOp(["ZZ", "XX", "ZZ"], [1, 2, 0.5]),
    [SparsePauliOp("ZZ"), "XX"],
    SparsePauliOp(["YY"], [-2]),
]


@given(
    observables=st.sampled_from(OBSERVABLES),
    shape=st.sampled_from([(), (1,), (2,), (3, 1), (2, 1, 1)]),
    kind=st.sampled_from([np.float64, np.float32, np.int64]),
    said=st.sampled_from([None, 0.0, 0.25]),
)
def test_the_plain_form_is_read_alike(observables, shape, kind, said):
    values = np.arange(2 * np.prod(shape, dtype=int)).reshape(*shape, 2).astype(kind)
    pub = (ansatz(), observables, values, said)
    try:
        wanted = _Observables().plain(pub, 0.5)
    except ValueError:
        assert plain_pub(pub, 0.5) is None
        return

    found = plain_pub(pub, 0.5)

    assert found.circuit is wanted.circuit
    assert found.observables == wanted.observables
    assert found.observables_shape == wanted.observables_shape
    assert np.array_equal(found.parameters, wanted.parameters)
    assert found.parameters.shape == wanted.parameters.shape
    assert found.precision == wanted.precision


ONE = QuantumCircuit(1)
ONE.rx(Parameter("a"), 0)


@pytest.mark.parametrize(
    "pub",
    [
        (ansatz(), "ZZ"),
        (ansatz(), "ZZ", [0.1, 0.2]),
        (ansatz(), "ZZ", np.zeros(3)),
        (ansatz(), "ZZZ", np.zeros(2)),
        (ansatz(), {"ZZ": 1.0}, np.zeros(2)),
        (ansatz(), ["ZZ", "XX"], np.zeros((3, 2))),
        (ansatz(), "ZZ", np.zeros(2), -0.1),
        (ansatz(), "ZZ", np.zeros(2), 1),
        (ansatz(), "ZZ", np.zeros(2, dtype=complex)),
        (ansatz(), "ZZ", {"a": 0.1, "b": 0.2}),
        (ONE, "Z", np.zeros((4, 1))),
        (ansatz(), []),
        [ansatz(), "ZZ", np.zeros(2)],
        ansatz(),
    ],
)
def test_all_else_is_left_to_qiskit(pub):
    assert plain_pub(pub, 0.0) is None


def test_values_are_copied():
    values = np.zeros((3, 2))
    request = estimator_request([(ansatz(), "ZZ", values)], 0.0, EstimatorOptions())
    values[:] = 1
    assert not request.pubs[0].parameters.any()


def test_an_operator_that_was_changed_is_read_again():
    operator = SparsePauliOp(["ZZ"], [1.0])
    before = plain_pub((ansatz(), operator, np.zeros(2)), 0.0)
    operator.coeffs = np.array([2.0])
    after = plain_pub((ansatz(), operator, np.zeros(2)), 0.0)
    assert before.observables[0].coefficients == (1.0,)
    assert after.observables[0].coefficients == (2.0,)
