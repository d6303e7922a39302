"""Mitigated jobs on a cluster: the bits of this process, and reduces from the store."""

from collections.abc import Iterator

import numpy as np
import pytest

from shoal.cluster import Cluster, open_store
from shoal.cluster.ray_pool import RayPool
from shoal.primitives import Estimator, Sampler
from tests.local_ray import local_pool
from tests.primitives.mitigation.test_mitigated_estimator import ghz
from tests.primitives.mitigation.test_rereduce import noise

PUB = ghz(3), ["ZZI", "XXX"]


@pytest.fixture(scope="module")
def pool() -> Iterator[RayPool]:
    with local_pool(workers=2) as pool:
        yield pool


def estimator(mode=None, **options):
    simulator = {"noise_model": noise()}
    return Estimator(mode=mode, options={"seed": 4, "simulator": simulator, **options})


@pytest.mark.parametrize("keeps", [True, False])
def test_level_two_gives_the_bits_of_this_process_and_reduces_again(pool, tmp_path, keeps):
    cluster = Cluster(pool, tmp_path if keeps else None)
    here = estimator(resilience_level=2).run([PUB], precision=0.03).result()[0].data
    job = estimator(cluster, resilience_level=2).run([PUB], precision=0.03)
    far = job.result()[0].data
    for name, values in here.items():
        np.testing.assert_array_equal(far[name], values)
    linear = {"resilience": {"zne": {"extrapolator": "linear"}}}
    found = job.reduce(linear, name="linear")[0].data
    np.testing.assert_allclose(found.evs, far.evs_noise_factors @ [13 / 12, 1 / 3, -5 / 12])
    if keeps:
        assert open_store(tmp_path).job(job.job_id()).stored().results == ("linear", "result")


def test_a_large_job_is_folded_by_its_workers(pool, tmp_path, monkeypatch):
    here = estimator(resilience_level=2).run([PUB], precision=0.03).result()[0].data
    monkeypatch.setattr("shoal.cluster.job_work._is_reduced_far", lambda folder, workload: True)
    far = estimator(Cluster(pool, tmp_path), resilience_level=2).run([PUB], precision=0.03)
    for name, values in here.items():
        np.testing.assert_array_equal(far.result()[0].data[name], values)


def test_adaptive_stages_are_jobs_of_the_store(pool, tmp_path):
    cluster = Cluster(pool, tmp_path)
    options = {"execution": {"adaptive": True}, "resilience_level": 1}
    found = estimator(cluster, **options).run([PUB], precision=0.04).result()[0]
    assert (found.data.stds <= 0.04).all()
    assert len(open_store(tmp_path).jobs()) == found.metadata["adaptive"]["stages"]


def test_quasi_probabilities_come_from_a_cluster(pool):
    circuit = ghz(3)
    circuit.measure_all()
    options = {"seed": 4, "resilience": {"measure_mitigation": True}}
    options["simulator"] = {"noise_model": noise()}
    far, here = (
        Sampler(mode=mode, options=options).run([circuit], shots=2000).result()[0].quasi["meas"]
        for mode in (Cluster(pool), None)
    )
    assert far.item() == here.item()


def test_twirled_shots_come_from_a_cluster(pool, tmp_path):
    circuit = ghz(3)
    circuit.measure_all()
    options = {"seed": 4, "twirling": {"enable_gates": True, "enable_measure": True}}
    options["simulator"] = {"noise_model": noise()}
    far, here = (
        Sampler(mode=mode, options=options).run([circuit], shots=2000).result()[0].data.meas
        for mode in (Cluster(pool, tmp_path), None)
    )
    assert far == here


def test_scaled_noise_has_the_bits_of_this_process(pool):
    zne = {"zne_mitigation": True, "zne": {"amplifier": "noise_scaling"}}
    far, here = (
        estimator(mode, resilience=zne).run([PUB], precision=0.05).result()[0].data
        for mode in (Cluster(pool), None)
    )
    for name, values in here.items():
        np.testing.assert_array_equal(far[name], values)


def test_noise_is_learnt_once_in_a_store(pool, tmp_path):
    learning = {"layer_pair_depths": [0, 1], "num_randomizations": 8}
    pec = {"pec_mitigation": True, "layer_noise_learning": learning, "pec": {"max_overhead": None}}
    cluster = Cluster(pool, tmp_path)
    first = estimator(cluster, resilience=pec).run([PUB], precision=0.1).result()
    second = estimator(cluster, resilience=pec).run([PUB], precision=0.2).result()
    learnt = [result.metadata["layer_noise_learning"]["job_id"] for result in (first, second)]
    assert learnt[0] == learnt[1]
    assert len(open_store(tmp_path).jobs()) == 3
