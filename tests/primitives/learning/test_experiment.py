"""The circuits that learn noise run in the one place where all pubs run."""

import pytest
from qiskit import QuantumCircuit

from shoal.primitives.errors import RequestError
from shoal.primitives.expansion import expand
from shoal.primitives.learnt_job import learning_of
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.request import Request


def asked(*engines: str) -> Request:
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    options = EstimatorOptions.coerce(
        {"execution": {"engines": list(engines)}, "resilience": {"pec_mitigation": True}}
    )
    return estimator_request([(circuit, "ZZ")] * len(engines), 0.1, options)


def test_learning_has_an_engine_for_all_of_its_own_circuits():
    request = asked("aer", "aer")

    learning = learning_of(request).request

    assert len(learning.pubs) > 2
    assert {learning.engine_of(number) for number in range(len(learning.pubs))} == {"aer"}
    assert {program.engine for program in expand(learning).programs} == {"aer"}


def test_noise_is_not_learnt_in_two_places():
    with pytest.raises(RequestError, match=r"the pubs run on \['aer', 'batched'\]"):
        learning_of(asked("aer", "batched"))
