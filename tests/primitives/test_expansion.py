"""A request's expansion: every element has its row, every row its bases, every block its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.expansion import expand

from .requests import ansatz, estimator_request, sampler_request

HYDROGEN = {"II": -1.05, "IZ": 0.39, "ZI": -0.39, "ZZ": -0.01, "XX": 0.18, "YY": 0.18}


def rows_of(count, width=2):
    return np.linspace(0, 1, count * width).reshape(count, width)


def test_many_observables_of_one_parameter_set_share_its_bases():
    pub = (0, [[HYDROGEN], [{"ZZ": 1.0}], [{"XX": 2.0}]], rows_of(100), 0.1)
    workload = expand(estimator_request([ansatz()], [pub]))
    assert workload.circuits_executed() == 3 * 100
    assert workload.shots_drawn() == 3 * 100 * 100
    assert sorted(variant.basis for variant in workload.variants) == ["XX", "YY", "ZZ"]


def test_one_point_pubs_of_one_circuit_become_one_program():
    pubs = [(0, HYDROGEN, row, 0.0) for row in rows_of(50)]
    workload = expand(estimator_request([ansatz()], pubs))
    (program,) = workload.programs
    assert program.num_rows == 50
    assert len(workload.groups) == len(workload.variants) == 1
    assert [int(pub.rows[0]) for pub in workload.pubs] == list(range(50))


def test_paired_observables_are_measured_only_where_they_are_asked():
    observables = [{"ZZ": 1.0}, {"XX": 1.0}, {"ZZ": 1.0}, {"YY": 1.0}]
    workload = expand(estimator_request([ansatz()], [(0, observables, rows_of(4), 0.5)]))
    needed = {v.basis: v.rows.tolist() for v in workload.variants}
    assert needed == {"ZZ": [0, 2], "XX": [1], "YY": [3]}


def test_without_grouping_every_term_has_a_basis_of_its_own():
    pub = (0, {"IZ": 1.0, "ZI": 1.0, "ZZ": 1.0}, rows_of(1), 0.5)
    workload = expand(estimator_request([ansatz()], [pub], abelian_grouping=False))
    assert [variant.terms for variant in workload.variants] == [("IZ",), ("ZI",), ("ZZ",)]


def test_a_multiple_of_the_identity_needs_no_execution():
    workload = expand(estimator_request([ansatz()], [(0, {"II": 2.5}, rows_of(3), 0.1)]))
    assert workload.blocks == ()
    assert workload.variants == ()


@given(st.integers(1, 3000), st.sampled_from([0.0, 0.5, 0.01, 0.0005]))
def test_blocks_partition_rows_and_shots(count, precision):
    workload = expand(estimator_request([ansatz()], [(0, HYDROGEN, rows_of(count), precision)]))
    drawn = 0
    rows_seen = np.zeros(count, dtype=int)
    for block in workload.blocks:
        rows_seen[block.start : block.stop] += block.slice_index == 0
        for variant in workload.variants_of(block):
            rows = variant.rows_between(block.start, block.stop).size
            drawn += rows * (block.shots_of(variant) or 0)
    assert (rows_seen == 1).all()
    assert drawn == workload.shots_drawn()


def test_a_samplers_shots_are_cut_into_slices_when_one_row_has_too_many():
    circuit = ansatz(30)
    circuit.measure_all()
    workload = expand(sampler_request([circuit], [(0, rows_of(1, 30), 10_000_000)]))
    (variant,) = workload.variants
    assert len(workload.blocks) > 1
    assert sum(block.shots_of(variant) for block in workload.blocks) == 10_000_000


@pytest.mark.parametrize(
    ("ours", "theirs"), [((), ()), ((3, 1), (2,)), ((2, 1, 3), (4, 1)), ((0,), ())]
)
def test_pubs_broadcast_as_numpy_does(ours, theirs):
    values = np.zeros((*ours, 2))
    observables = np.full(theirs, "ZZ", dtype=object).tolist()
    workload = expand(estimator_request([ansatz()], [(0, observables, values, 0.0)]))
    assert workload.pubs[0].shape == np.broadcast_shapes(ours, theirs)
    assert workload.pubs[0].rows.size == np.prod(np.broadcast_shapes(ours, theirs))
