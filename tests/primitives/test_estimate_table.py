"""Estimates go to the elements of the pubs that asked for them, in whatever parts they come."""

import numpy as np
import pytest

from shoal.primitives.estimate_table import EstimateTable
from shoal.primitives.estimates import GroupEstimates
from shoal.primitives.expansion import expand

from .requests import ansatz, estimator_request

ROWS = np.linspace(0, 1, 12).reshape(6, 2)
SHAPES = {
    "rows alone": (ROWS, "ZZ"),
    "each observable at all rows": (ROWS, [["ZZ"], ["XX"], ["YY"]]),
    "all observables at each row": (ROWS[:, None], ["ZZ", "XX", "YY"]),
    "an observable twice": (ROWS[:, None], ["XX", "ZZ", "XX"]),
    "observables of their own": (ROWS[:3], ["ZZ", "XX", "YY"]),
    "a multiple of the identity": (ROWS[:, None], ["ZZ", "II"]),
    "no rows": (ROWS[:0], "ZZ"),
}


def code(workload, observable, rows):
    """What an observable is worth at rows, told apart from all others: 100 observable + row."""
    position = workload.observables.index(observable)
    return 100.0 * position + np.asarray(rows, dtype=float)


def filled(workload, parts):
    """Enter every group's estimates in so many parts, the last one first."""
    table = EstimateTable(workload)
    for number, group in enumerate(workload.groups):
        evs = [code(workload, workload.observables[one], group.rows) for one in group.observables]
        places = np.array_split(np.arange(group.rows.size), parts)
        for here in [here for here in places if here.size][::-1]:
            values = np.array(evs)[:, here]
            table.add(GroupEstimates(number, group.rows[here], values, values**2))
    return table


@pytest.mark.parametrize("parts", [1, 2, 6])
@pytest.mark.parametrize("shape", SHAPES)
def test_elements_of_a_pub(shape, parts):
    values, observables = SHAPES[shape]
    pubs = [(0, "XY", ROWS + 2, 0.0), (0, observables, values, 0.0)]
    for asked in (pubs[1:], pubs):
        workload = expand(estimator_request([ansatz()], asked))
        index, found = workload.pubs[-1], filled(workload, parts).of_pub(len(asked) - 1)
        expected = [
            code(workload, workload.observables[one], row)
            for one, row in zip(index.observables, index.rows, strict=True)
        ]
        np.testing.assert_array_equal(found["evs"], np.reshape(expected, index.shape))
        np.testing.assert_array_equal(found["stds"], np.reshape(expected, index.shape))


def test_what_was_not_entered_is_unknown():
    workload = expand(estimator_request([ansatz()], [(0, "ZZ", ROWS, 0.0)]))
    assert np.isnan(EstimateTable(workload).of_pub(0)["evs"]).all()
