"""Plans of groups: made once for a workload, and not kept longer than it."""

import gc
import weakref

import numpy as np

from shoal.primitives.expansion import expand
from shoal.primitives.group_plans import group_plan
from shoal.primitives.layouts import MAX_ELEMENTS

from .requests import ansatz, estimator_request


def workload_of(observables, shape=()):
    return expand(estimator_request([ansatz()], [(0, observables, np.ones((*shape, 2)), 0.1)]))


def test_a_plan_is_made_once():
    workload = workload_of({"ZZ": 0.5, "II": 2.0, "XX": 1.0})
    plan = group_plan(workload, 0)
    assert group_plan(workload, 0) is plan
    np.testing.assert_array_equal(plan.constants, [2.0])
    assert {one.variant.basis for one in plan.variants} == {"XX", "ZZ"}


def test_a_plan_goes_with_its_workload():
    workload = workload_of("ZZ", (MAX_ELEMENTS + 1,))
    matrix = weakref.ref(group_plan(workload, 0).matrix)
    del workload
    gc.collect()
    assert matrix() is None
