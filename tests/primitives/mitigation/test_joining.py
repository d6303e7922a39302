"""Points with calibrations of their own: when their shots were taken, and what they share."""

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit

from shoal.primitives.expansion import expand
from shoal.primitives.mitigation.calibrations import Calibrations
from shoal.primitives.mitigation.estimates import TermEstimates, observables_at
from shoal.primitives.mitigation.joining import block_diagonal, joined
from shoal.primitives.mitigation.times import Times
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.outcomes import BlockOutcome, EngineRecord
from shoal.primitives.pubs import estimator_request
from shoal.primitives.workload import Block


def workload_of(engine):
    learning = {"calibration_max_age": 60.0, "max_calibrations": 3}
    options = {
        "execution": {"engine": engine},
        "seed": 1,
        "resilience": {"measure_mitigation": True, "measure_noise_learning": learning},
        "twirling": {"num_randomizations": 4},
    }
    pubs = [(QuantumCircuit(1), ["Z"])]
    return expand(estimator_request(pubs, 0.1, EstimatorOptions.coerce(options)))


def at(block, second):
    taken = f"2026-01-01T00:00:{second:02d}.000+00:00"
    return BlockOutcome(block, EngineRecord("backend", "lab", taken=taken))


@pytest.mark.parametrize(("engine", "times"), [("lab", 3), ("aer", 1), ("auto", 1)])
def test_only_a_queue_may_be_calibrated_again(engine, times):
    workload = workload_of(engine)
    (family,) = workload.families
    assert len(family.calibrations) == times
    flips = [workload.programs[one].frames for one in family.calibrations]
    assert all((one == flips[0]).all() for one in flips)


def test_a_points_time_is_the_mean_over_its_randomizations():
    workload = workload_of("lab")
    program = workload.families[0].programs[0]
    blocks = [Block(0, program, 0, 3), Block(1, program, 3, 4)]
    times = Times(replace(workload, blocks=tuple(blocks)))
    assert np.isnan(times.of_points(program)).all()
    times.add(at(0, 0))
    times.add(at(1, 40))
    (found,) = times.of_points(program)
    assert found - times.of_program(program) == 10.0 - 20.0


def test_without_times_the_first_calibration_is_taken():
    workload = workload_of("lab")
    (family,) = workload.families
    found = Calibrations(workload).nearest(family, family.programs[0], np.array([0]))
    assert found.tolist() == [0]


def test_points_of_different_calibrations_have_no_common_error():
    def estimates(points):
        shared = np.full((points, 1, 1), 2.0)
        return TermEstimates(np.ones((points, 1)), np.zeros((points, 1, 1)), shared)

    places = [np.array([0, 2]), np.array([1])]
    found = joined([(places[0], estimates(2), 0), (places[1], estimates(1), 2)], 3)
    assert found.shared[:, 0].tolist() == [[2, 0, 0], [0, 0, 2], [2, 0, 0]]
    covariance = block_diagonal([np.array([[v]]) for v in (1.0, 5.0, 4.0)])
    observed = observables_at(found, np.ones((1, 1)), np.zeros(1), covariance)
    assert observed.variances.tolist() == [[4.0, 16.0, 4.0]]


def test_factors_of_covariances_are_put_apart_like_covariances():
    parts = np.arange(6.0).reshape(2, 3), np.array([[7.0]])
    found = block_diagonal(parts)
    assert found.shape == (3, 4)
    squares = block_diagonal([part.T @ part for part in parts])
    np.testing.assert_allclose(found.T @ found, squares)
