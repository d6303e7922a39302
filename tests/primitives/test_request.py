import dataclasses
import pickle

import numpy as np
import pytest

from shoal.primitives.expansion import expand
from tests.primitives.requests import ansatz, estimator_request, sampler_request


def request(values=((0.1, 0.2),), observables=("ZZ",), precision=0.1, seed=7, **options):
    pubs = [(0, list(observables), np.asarray(values), precision)]
    return estimator_request([ansatz()], pubs, seed=seed, **options)


def test_equal_requests_share_a_fingerprint():
    assert request().fingerprint == request().fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {"values": ((0.1, 0.3),)},
        {"values": ((0.1, 0.2), (0.1, 0.2))},
        {"values": (0.1, 0.2)},
        {"observables": ("XX",)},
        {"observables": ({"ZZ": 0.5},)},
        {"precision": 0.2},
        {"precision": 0.0},
        {"seed": 8},
        {"abelian_grouping": False},
    ],
)
def test_whatever_is_asked_is_in_the_fingerprint(other):
    assert request(**other).fingerprint != request().fingerprint


def test_the_primitive_and_the_circuit_are_in_the_fingerprint():
    circuits = [ansatz(2), ansatz(2)]
    circuits[1].x(0)
    pub = (0, [0.1, 0.2], 100)
    found = {sampler_request([circuit], [pub]).fingerprint for circuit in circuits} | {
        request(values=(0.1, 0.2), precision=0.1).fingerprint
    }
    assert len(found) == 3


def test_the_order_of_pubs_is_in_the_fingerprint():
    pubs = [(0, "ZZ", [0.1, 0.2], 0.1), (0, "XX", [0.1, 0.2], 0.1)]
    forth, back = (estimator_request([ansatz()], order) for order in (pubs, pubs[::-1]))
    assert forth.fingerprint != back.fingerprint


def test_a_circuits_metadata_is_not_in_the_fingerprint():
    first = request()
    pubs = tuple(dataclasses.replace(pub, circuit_metadata={"a": 1}) for pub in first.pubs)
    assert dataclasses.replace(first, pubs=pubs).fingerprint == first.fingerprint


def test_a_pickled_request_means_the_same():
    first = request()
    again = pickle.loads(pickle.dumps(first))
    assert again.fingerprint == first.fingerprint
    assert expand(again).blocks == expand(first).blocks


def test_a_pubs_shape_is_broadcast():
    (pub,) = request(values=np.zeros((4, 2)), observables=(["ZZ"], ["XX"], ["YY"])).pubs
    assert (pub.parameters_shape, pub.observables_shape, pub.shape) == ((4,), (3, 1), (3, 4))
