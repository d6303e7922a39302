"""Rows estimated part by part, and slices of shots that come one by one, show in no bit."""

import numpy as np
import pytest

from shoal.primitives import blocks, estimates
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble

from ..reference import ReferenceEngine
from .requests import ansatz, estimator_request

OBSERVABLES = [{"ZZ": 1.0, "IX": 0.5, "01": 0.25}, {"YY": 1.0, "ZI": -2.0}]


def request_of(rows, precision):
    values = np.linspace(0, 1, 2 * rows).reshape(rows, 1, 2)
    return estimator_request([ansatz()], [(0, OBSERVABLES, values, precision)])


def result_of(request, order=1):
    workload = expand(request)
    engine = ReferenceEngine(workload)
    outcomes = [engine.run(block) for block in workload.blocks][::order]
    data = assemble(request, workload, outcomes)[0].data
    return data.evs, data.stds


@pytest.mark.parametrize("products", [1, 40])
def test_rows_estimated_in_parts(monkeypatch, products):
    request = request_of(90, 0.1)
    whole = result_of(request)
    monkeypatch.setattr(estimates, "MAX_PRODUCTS", products)
    np.testing.assert_array_equal(whole, result_of(request))


def test_slices_in_any_order(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_TABLE_ROWS", 4)
    request = request_of(3, 0.1)
    workload = expand(request)
    assert max(block.slices for block in workload.blocks) > 2
    np.testing.assert_array_equal(result_of(request), result_of(request, order=-1))
