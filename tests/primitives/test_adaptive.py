"""Precision that is met: stages, caps, and what the metadata says."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.primitives import Estimator
from shoal.primitives.adaptive import AdaptiveStages
from shoal.primitives.errors import RequestError, UnsupportedError
from shoal.primitives.expansion import expand
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.runner import runner_of

ADAPTIVE = {"seed": 3, "execution": {"adaptive": True}}


def turn():
    theta = Parameter("t")
    circuit = QuantumCircuit(2)
    circuit.ry(theta, 0)
    circuit.cx(0, 1)
    return circuit


ANGLES = np.linspace(0, np.pi, 9)
PUB = (turn(), [[{"IZ": 2.0, "XX": 1.0}], ["ZZ"]], ANGLES)


def test_every_standard_error_meets_the_precision():
    found = Estimator(options=ADAPTIVE).run([PUB], precision=0.02).result()[0]
    assert (found.data.stds <= 0.02).all()
    assert found.metadata["adaptive"]["ended_by"] == "precision"
    ideal = np.stack([2 * np.cos(ANGLES) + np.sin(ANGLES), np.ones(9)])
    assert (np.abs(found.data.evs - ideal) < 5 * found.data.stds + 1e-12).all()


def test_shots_go_where_they_help():
    found = Estimator(options=ADAPTIVE).run([PUB], precision=0.02).result()[0]
    shots = np.array(found.metadata["adaptive"]["shots"])
    # The sum has a spread of up to 5, at its ends of 1 only, five times less.
    assert shots[0, 4] > 2500
    assert shots[0, 4] > 2 * shots[0, 0]


UNEVEN = {"ZZ": 0.3, "ZI": 2.0, "XX": 0.25, "YY": 0.1}
"""Three bases, of which one has most of the spread."""


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_basis_gets_shots_by_what_it_contributes(level):
    options = {**ADAPTIVE, "resilience_level": level}
    angles = np.array([0.7, 1.3])
    pub = (turn(), UNEVEN, angles)
    job = Estimator(options=options).run([pub], precision=0.02)
    found = job.result()[0]
    assert (found.data.stds <= 0.02).all()
    assert "stds_bases" not in found.data
    cos, sin = np.cos(angles), np.sin(angles)
    ideal = 0.3 + 2 * cos + 0.25 * sin - 0.1 * sin
    assert (np.abs(found.data.evs - ideal) < 5 * found.data.stds).all()
    # As many shots in every basis as the one with most of them has would be three times as many.
    factors = 3 if level == 2 else 1
    alike = 3 * factors * np.sum(found.metadata["adaptive"]["shots"])
    assert found.metadata["adaptive"]["total_shots"] < 0.7 * alike
    if level:
        again = job.reduce({})[0]
        np.testing.assert_array_equal(again.data.evs, found.data.evs)


def test_fewer_shots_than_all_bases_alike_would_take():
    found = Estimator(options=ADAPTIVE).run([(turn(), UNEVEN, [1.3])], precision=0.02).result()[0]
    # Of the bases ZZ, XX and YY at this angle; XX reads sin, YY -sin.
    spreads = [4.0 * np.sin(1.3) ** 2, *(np.array([0.25, 0.1]) ** 2 * np.cos(1.3) ** 2)]
    alike = 3 * sum(spreads) / 0.02**2
    fewest = np.sqrt(spreads).sum() ** 2 / 0.02**2
    assert fewest < found.metadata["adaptive"]["total_shots"] < 0.75 * alike


def test_every_stage_runs_each_pub_on_the_engine_that_it_was_to_run_on():
    options = EstimatorOptions.coerce(
        {"seed": 3, "execution": {"adaptive": True, "engines": ["aer", "batched", "aer"]}}
    )
    easy, hard = (turn(), "ZZ", ANGLES[:1], 0.5), (turn(), [{"IZ": 2.0, "XX": 1.0}], ANGLES, 0.02)
    stages = AdaptiveStages(estimator_request([easy, hard, (*easy[:3], 0.02)], None, options))
    ran = []
    while stages.following is not None:
        result = runner_of(None).submit(stages.following).result()
        ran.append([_engines_of(found) for found in result])
        stages.take(result)
    assert ran[0] == ["aer", "batched", "aer"]
    assert len(ran) > 1
    for engines, parts in zip(ran, stages.parts, strict=True):
        assert engines == [("aer", "batched", "aer")[pub] for pub, _, _ in parts]
    # Neither the pilot's engines in its order nor one engine a pub would do here.
    assert len(ran[1]) > 2
    assert ran[1][0] == "batched"


def _engines_of(found) -> str:
    return found.metadata["shoal"]["engine"].split()[0]


def test_rows_that_are_paired_with_observables_of_their_own():
    pub = (turn(), [{"IZ": 2.0, "XX": 0.3}, "ZZ", {"YY": 1.0, "ZI": 0.1}], [0.4, 0.8, 1.2])
    found = Estimator(options=ADAPTIVE).run([pub], precision=0.03).result()[0].data
    ideal = [2 * np.cos(0.4) + 0.3 * np.sin(0.4), 1.0, -np.sin(1.2) + 0.1 * np.cos(1.2)]
    assert (found.stds <= 0.03).all()
    assert (np.abs(found.evs - ideal) < 5 * found.stds + 1e-12).all()


def test_the_cap_ends_it_too_and_is_said():
    options = {"seed": 3, "execution": {"adaptive": True, "max_shots": 1000}}
    found = Estimator(options=options).run([PUB], precision=0.005).result()[0]
    assert found.metadata["adaptive"]["ended_by"] == "shot cap"
    assert np.max(found.metadata["adaptive"]["shots"]) == 1000


def test_few_shots_that_are_all_alike_do_not_meet_a_precision():
    options = {**ADAPTIVE, "execution": {"adaptive": True, "max_shots": 1}}
    found = Estimator(options=options).run([(turn(), "ZZ", [0.1])], precision=0.1).result()[0]
    assert (found.data.stds, found.metadata["adaptive"]["ended_by"]) == (0, "shot cap")


def test_a_pilot_sees_what_is_rare_and_worth_much():
    # One shot in 400 is other than the rest, and is worth 2,000 times the precision.
    pub = (turn(), {"IZ": 1000.0}, [0.1])
    found = Estimator(options=ADAPTIVE).run([pub], precision=1.0).result()[0]
    assert 0 < found.data.stds <= 1
    assert found.metadata["shots"] > 3000


def test_constants_need_no_shots():
    found = Estimator(options=ADAPTIVE).run([(turn(), {"II": 2.0}, [0.1])], precision=0.1).result()
    assert (found[0].data.evs, found[0].data.stds) == (2, 0)
    assert found[0].metadata["adaptive"]["ended_by"] == "precision"


def test_the_same_seed_gives_the_same_bits():
    runs = [Estimator(options=ADAPTIVE).run([PUB], precision=0.03).result()[0] for _ in range(2)]
    np.testing.assert_array_equal(runs[0].data.evs, runs[1].data.evs)


def test_mitigated_estimates_are_met_too():
    options = {**ADAPTIVE, "resilience_level": 1}
    found = Estimator(options=options).run([PUB], precision=0.03).result()[0]
    assert (found.data.stds <= 0.03).all()
    assert found.metadata["resilience"]["measure_mitigation"] == "trex"


def test_circuits_without_parameters_are_met_too():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    found = Estimator(options=ADAPTIVE).run([(circuit, ["IZ", "IX"])], precision=0.02).result()[0]
    assert (found.data.stds <= 0.02).all()


def test_exact_values_cannot_be_adaptive():
    with pytest.raises(RequestError, match=r"pub 0: execution.adaptive meets a precision"):
        Estimator(options=ADAPTIVE).run([PUB], precision=0)


def test_a_bare_request_is_not_silently_run_in_one_stage():
    request = estimator_request([PUB], 0.1, EstimatorOptions.coerce(ADAPTIVE))
    with pytest.raises(UnsupportedError, match=r"execution.adaptive runs a request in stages"):
        expand(request)


@pytest.mark.statistics
def test_pooled_stages_cover():
    circuit, replicas = turn(), 400
    pub = (circuit, "IZ", np.full(replicas, 1.1))
    found = Estimator(options=ADAPTIVE).run([pub], precision=0.02).result()[0].data
    covered = np.abs(found.evs - np.cos(1.1)) <= 1.96 * found.stds
    assert 0.90 <= covered.mean() <= 0.99
    assert abs(found.evs.mean() - np.cos(1.1)) < 5 * 0.02 / np.sqrt(replicas)


@pytest.mark.statistics
@pytest.mark.parametrize("level", [0, 1])
def test_pooled_stages_of_several_bases_cover(level):
    replicas = 400 if level == 0 else 200
    ideal = 0.3 + 2 * np.cos(1.1) + 0.15 * np.sin(1.1)
    values, stds = [], []
    # With a calibration that all rows share, only jobs are independent.
    for seed in range(1 if level == 0 else replicas):
        rows = replicas if level == 0 else 1
        options = {**ADAPTIVE, "seed": seed, "resilience_level": level}
        pub = (turn(), UNEVEN, np.full(rows, 1.1))
        found = Estimator(options=options).run([pub], precision=0.04).result()[0].data
        values.append(np.atleast_1d(found.evs))
        stds.append(np.atleast_1d(found.stds))
    values, stds = np.concatenate(values), np.concatenate(stds)
    covered = np.abs(values - ideal) <= 1.96 * stds
    assert 0.90 <= covered.mean() <= 0.99
    assert abs(values.mean() - ideal) < 5 * values.std() / np.sqrt(replicas)
    assert 0.8 < np.sqrt((stds**2).mean()) / values.std() < 1.25


def readout_noise():
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.1, 0.9]]))
    return noise


def test_all_stages_are_reduced_again_as_one():
    options = {**ADAPTIVE, "resilience_level": 1, "simulator": {"noise_model": readout_noise()}}
    job = Estimator(options=options).run([PUB], precision=0.03)
    first = job.result()[0]
    assert first.metadata["adaptive"]["stages"] > 1

    same = job.reduce({})[0]
    np.testing.assert_array_equal(same.data.evs, first.data.evs)
    raw = job.reduce({"resilience": {"measure_mitigation": False, "confidence": 0.95}})[0]
    assert raw.metadata["adaptive"]["shots"] == first.metadata["adaptive"]["shots"]
    assert (raw.data.evs[1] < 0.85).all()
    half = (raw.data.evs_upper - raw.data.evs_lower) / 2
    np.testing.assert_allclose(half, 1.96 * raw.data.stds, rtol=1e-3)


def test_stages_do_not_average_over_learnt_noise():
    """Every stage cancels the same model: what it errs by is there however many shots are drawn."""
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    rate, std = 0.05, 0.01
    layer = {
        "gates": [["cx", [0, 1]]],
        "generators": [["XX", [0, 1]], ["Z", [0]]],
        "rates": [rate, rate],
        "deviations": {"own": [[std], [0.0, std]]},
    }
    resilience = {"pec_mitigation": True, "layer_noise_model": [layer]}
    options = {**ADAPTIVE, "resilience": resilience}
    pub = (bell, [["XX"], ["ZI"]])

    def found(precision):
        return Estimator(options=options).run([pub], precision=precision).result()[0]

    one = found(0.03)
    assert one.metadata["adaptive"]["ended_by"] == "precision"
    assert (one.data.stds <= 0.03).all()
    # XX errs by 2 E std = 0.022, with E = exp(4 rate) on a device without noise.
    assert one.data.stds_layer_noise[0, 0] == pytest.approx(0.022, rel=0.3)
    assert one.data.stds[0, 0] > one.data.stds_layer_noise[0, 0]
    in_vain = found(0.02)
    assert in_vain.metadata["adaptive"]["ended_by"] == "learnt noise"
    assert in_vain.metadata["adaptive"]["stages"] > 1
    own = np.sqrt(in_vain.data.stds**2 - in_vain.data.stds_layer_noise**2)
    assert own[0, 0] <= 0.011


def test_a_reduce_of_stages_refuses_what_never_ran():
    job = Estimator(options={**ADAPTIVE, "resilience_level": 1}).run([PUB], precision=0.05)
    with pytest.raises(RequestError, match=r"variants at noise factor 3"):
        job.reduce({"resilience": {"zne_mitigation": True}})
