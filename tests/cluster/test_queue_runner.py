import json
import time

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.providers import JobStatus
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from shoal.cluster import Cluster, Queues, open_store
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.settings import QueueSettings
from shoal.orchestrator.request_files import load_request
from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import JobCancelledError
from shoal.primitives.expansion import expand

FAST = QueueSettings(poll_seconds=0.005, max_poll_seconds=0.02)
ANSATZ = real_amplitudes(2, reps=1)
ANGLES = np.linspace(0.1, 1.0, 3 * ANSATZ.num_parameters).reshape(3, -1)
PUB = (ANSATZ, [["ZZ"], ["XI"]], ANGLES)
LINE = [[0, 1], [1, 2], [2, 3], [3, 4]]
SLOW = FakeScript(latency_seconds=(900.0, 900.0))


def noisy(seed=1):
    return GenericBackendV2(5, coupling_map=LINE, seed=seed)


@pytest.fixture
def lab(tmp_path):
    def make(device=None, script=None):
        return FakeQueue(device or noisy(), tmp_path / "lab", script)

    return make


def wait_for(what):
    deadline = time.monotonic() + 200.0
    while not what() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert what()


def test_one_job_has_a_reference_and_a_device_in_one_store(lab, tmp_path):
    options = {"execution": {"engines": ["aer", "lab"]}, "seed": 1}
    with Queues({"lab": (lab(), FAST)}, store=tmp_path / "store", workers=1) as queues:
        job = Estimator(queues, options).run([PUB, PUB], precision=0.05)
        exact, measured = job.result()
    truth = StatevectorEstimator().run([PUB]).result()[0].data.evs
    assert (np.abs(exact.data.evs - truth) <= 5 * exact.data.stds + 1e-9).all()
    assert np.abs(measured.data.evs - truth).max() < 0.5
    stored = open_store(tmp_path / "store").job(job.job_id()).result()
    np.testing.assert_array_equal(stored[1].data.evs, measured.data.evs)
    assert "taken until" in stored[1].metadata["shoal"]["reason"]


def test_exact_values_stand_beside_a_devices_shots(lab):
    options = {"execution": {"engines": ["auto", "lab"]}}
    with Queues({"lab": (lab(AerSimulator()), FAST)}, workers=1) as queues:
        pubs = [(*PUB, 0.0), (*PUB, 0.1)]
        exact, drawn = Estimator(queues, options).run(pubs).result()
    assert not exact.data.stds.any()
    assert drawn.data.stds.all()


def test_each_device_has_a_calibration_of_its_own(tmp_path):
    names = ("one", "two")
    devices = {name: (FakeQueue(noisy(), tmp_path / name), FAST) for name in names}
    options = {
        "execution": {"engines": list(names)},
        "resilience": {"measure_mitigation": True},
        "twirling": {"num_randomizations": 4},
    }
    with Queues(devices, store=tmp_path / "store") as queues:
        job = Estimator(queues, options).run([PUB, PUB], precision=0.1)
        assert np.isfinite(job.result()[1].data.evs).all()
    workload = expand(load_request(tmp_path / "store" / job.job_id()))
    first, second = (family.calibration for family in workload.families)
    assert [workload.programs[number].engine for number in (first, second)] == list(names)


def test_cancelling_a_job_cancels_at_the_vendor(lab, tmp_path):
    queue = lab(script=SLOW)
    options = {"execution": {"engine": "lab"}}
    with Queues({"lab": (queue, FAST)}, store=tmp_path / "store") as queues:
        job = Estimator(queues, options).run([PUB], precision=0.1)
        wait_for(lambda: queue.submissions)
        assert job.cancel()
        with pytest.raises(JobCancelledError):
            job.result()
    assert queue.retrieve_job("job-0000").status() is JobStatus.CANCELLED


@pytest.mark.parametrize(
    ("store", "left"), [("store", JobStatus.QUEUED), (None, JobStatus.CANCELLED)]
)
def test_leaving_the_context_leaves_what_a_later_run_can_fetch(lab, tmp_path, store, left):
    queue = lab(script=SLOW)
    options = {"execution": {"engine": "lab"}, "seed": 1}
    place = store and tmp_path / store
    with Queues({"lab": (queue, FAST)}, store=place) as queues:
        Estimator(queues, options).run([PUB], precision=0.1)
        wait_for(lambda: queue.submissions)
    assert queue.retrieve_job("job-0000").status() is left


def test_circuits_stay_where_they_were_placed_when_the_device_changes(lab, tmp_path):
    options = {"execution": {"engine": "lab"}, "seed": 1}
    with Queues({"lab": (lab(script=SLOW), FAST)}, store=tmp_path / "store") as queues:
        job = Estimator(queues, options).run([PUB], precision=0.1)
        wait_for(lambda: lab().submissions)
    before = load_request(tmp_path / "store" / job.job_id())
    for entry in (tmp_path / "lab" / "jobs").glob("*.json"):
        entry.write_text(json.dumps({**json.loads(entry.read_text()), "due": 0.0}))
    with Queues({"lab": (lab(noisy(seed=7)), FAST)}, store=tmp_path / "store") as queues:
        again = Estimator(queues, options).run([PUB], precision=0.1)
        again.result()
    after = load_request(tmp_path / "store" / again.job_id())
    assert again.job_id() == job.job_id()
    assert after.digests == before.digests
    assert lab().submissions == 1


def test_a_samplers_shots_come_from_a_queue_and_from_here(lab):
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    bell.measure_all()
    options = {"execution": {"engines": ["lab", "auto"]}}
    with Queues({"lab": (lab(AerSimulator()), FAST)}, workers=1) as queues:
        for found in Sampler(queues, options).run([bell, bell], shots=100).result():
            assert sum(found.data.meas.get_counts().values()) == 100
            assert set(found.data.meas.get_counts()) == {"00", "11"}


@pytest.mark.slow
def test_queues_stand_beside_the_workers_of_a_ray(lab, tmp_path):
    options = {"execution": {"engines": ["auto", "lab"]}, "seed": 1}
    with Cluster.local(workers=1, store=tmp_path / "store") as cluster:
        cluster.with_queues({"lab": (lab(), FAST)})
        here, there = Estimator(cluster, options).run([PUB, PUB], precision=0.1).result()
    assert here.metadata["shoal"]["engine"] == "batched"
    assert there.metadata["shoal"]["method"] == "lab"
