"""What stages say of a pub together."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import DataBin, PubResult

from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.stage_totals import PubTotals


def test_equal_stages_halve_the_variance_of_shots_alone():
    options = EstimatorOptions.coerce({})
    (pub,) = estimator_request([(QuantumCircuit(1), "Z")], 0.1, options).pubs
    fields = {"evs": 1.0, "stds": 0.05, "stds_layer_noise": 0.04, "stds_bases": [[0.03]]}
    one = PubResult(DataBin(**{name: np.array(v) for name, v in fields.items()}, shape=()))
    totals = PubTotals.empty(pub)
    for _ in range(2):
        totals.add(np.array([0]), one, ((100,),))
    found = totals.gathered().fields
    np.testing.assert_allclose(found["stds_layer_noise"], 0.04)
    np.testing.assert_allclose(found["stds"], np.hypot(0.03 / np.sqrt(2), 0.04))
