"""What the errors of a pub's values have in common, against a whole estimate's standard errors."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from shoal.primitives import Estimator
from shoal.primitives.errors import RequestError
from tests.primitives.test_noise_learner import misread_noise

from .test_mitigated_estimator import ghz

JOINT = {"measure_mitigation": True, "joint_errors": True}
ZNE = {**JOINT, "zne_mitigation": True, "zne": {"extrapolator": "linear"}}


def joint(pubs, resilience=JOINT, **options):
    asked = {"seed": 3, "simulator": {"noise_model": misread_noise()}, "resilience": resilience}
    return Estimator(options={**asked, **options}).run(pubs, precision=0.05).result()


def total(one, other):
    shared = np.einsum("...d,...d->...", one.readout_deviations, other.readout_deviations)
    return shared + np.diagonal(one.covariances) if one is other else shared


@pytest.mark.parametrize("resilience", [JOINT, ZNE])
@pytest.mark.parametrize("twirls", [True, False])
def test_parts_add_up_to_the_standard_errors(resilience, twirls):
    twirling = {"enable_measure": twirls}
    (one,) = joint([(ghz(3), ["ZZI", "IZZ", "XXX"])], resilience, twirling=twirling)
    np.testing.assert_allclose(total(one.data, one.data), one.data.stds**2)


def test_the_covariance_is_that_of_a_sum():
    apart = joint([(ghz(3), ["ZZI", "IZZ", "XXX"])])[0].data
    both = joint([(ghz(3), [{"ZZI": 1.0, "IZZ": -2.0, "XXX": 0.5}])])[0].data
    weights = np.array([1.0, -2.0, 0.5])
    common = weights @ apart.readout_deviations
    found = weights @ apart.covariances @ weights + common @ common
    np.testing.assert_allclose(np.sqrt(found), both.stds)


def test_points_share_no_shots():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("t"), 0)
    (one,) = joint([(circuit, [["Z"], ["Y"]], [0.3, 0.5])])
    assert one.data.covariances.shape == (2, 2, 4)
    table = one.data.covariances.reshape(4, 4)
    np.testing.assert_allclose(table, table.T)
    assert not table[np.ix_([0, 2], [1, 3])].any()
    assert not table[0, 2]
    assert (np.diag(table) > 0).all()


def test_pubs_share_the_calibration():
    first, _, last = joint([(ghz(3), "ZZI"), (ghz(2), "ZZ"), (ghz(3), "IZI")])
    one, other = first.data, last.data
    assert one.readout_deviations.shape == other.readout_deviations.shape
    assert total(one, other) != 0


def test_stages_have_no_joint_errors():
    with pytest.raises(RequestError, match=r"joint_errors tells of one set of shots"):
        joint([(ghz(2), "ZZ")], execution={"adaptive": True})
