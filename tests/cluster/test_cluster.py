"""A cluster of our own on this machine, from the user's side of it."""

import copy
import pickle
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.providers import JobStatus

from shoal.cluster import Cluster, open_store
from shoal.cluster.node_folder import NodeFolder
from shoal.cluster.ray_messages import Settings
from shoal.cluster.ray_pool import RayPool
from shoal.cluster.ray_process import DriverProcess
from shoal.cluster.ray_settings import local_settings
from shoal.orchestrator.job_folders import read_segments
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import EngineError, ExecutionError, JobCancelledError, StoreError
from tests.chaos.sweeps import wait_until
from tests.local_ray import local_pool
from tests.scripted import Script, request_of

CIRCUIT = real_amplitudes(3, reps=1)
SEED = {"seed": 11}
NUM_BLOCKS = 16
SMALL_SHARDS = Policy(sizes=ShardSizes(blocks=1))
PATIENT = Policy(backup_seconds=1000.0)
"""Runs nothing twice, however late a worker is."""


def estimate(mode: object, num_rows: int = 300, precision: float = 0.05) -> np.ndarray:
    values = np.random.default_rng(5).random((num_rows, CIRCUIT.num_parameters))
    job = Estimator(mode=mode, options=SEED).run([(CIRCUIT, "ZZI", values)], precision=precision)
    return job.result()[0].data.evs


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def pool() -> Iterator[RayPool]:
    with local_pool(workers=2) as pool:
        yield pool


@pytest.fixture
def cluster(pool: RayPool) -> Cluster:
    return Cluster(pool)


@pytest.mark.parametrize("precision", [0.0, 0.05])
def test_estimates_equal_those_of_one_process_bit_for_bit(
    cluster: Cluster, precision: float
) -> None:
    here, there = estimate(None, precision=precision), estimate(cluster, precision=precision)
    assert np.array_equal(here, there)


def test_samples_equal_those_of_one_process_bit_for_bit(cluster: Cluster) -> None:
    circuit = CIRCUIT.measure_all(inplace=False)
    pub = (circuit, np.linspace(0, 3, 5 * circuit.num_parameters).reshape(5, -1), 100)
    here, there = (
        Sampler(mode=mode, options=SEED).run([pub]).result()[0].data.meas
        for mode in (None, cluster)
    )
    assert np.array_equal(here.array, there.array)


def test_jobs_run_at_once_from_several_threads(cluster: Cluster) -> None:
    found: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        found[number] = estimate(cluster, num_rows=100 + number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: evs.size for number, evs in found.items()} == {n: 100 + n for n in range(4)}


def test_a_cluster_is_shared_by_copies_and_not_pickled(cluster: Cluster) -> None:
    estimator = Estimator(mode=cluster)
    assert copy.deepcopy(estimator).mode is cluster
    with pytest.raises(TypeError, match="a Cluster is processes"):
        pickle.dumps(cluster)


def test_a_job_in_a_store_is_run_once(pool: RayPool, store: Path, tmp_path: Path) -> None:
    script = Script(tmp_path)
    cluster = Cluster(pool, store, policy=PATIENT, make_engine=script)
    first = cluster.submit(request_of(6), name="twice").result()
    second = cluster.submit(request_of(6), name="twice").result()
    assert sorted(script.ran()) == list(range(6))
    assert np.array_equal(first[0].data.evs, second[0].data.evs)


def test_a_cancelled_job_goes_on_where_it_was(pool: RayPool, store: Path, tmp_path: Path) -> None:
    script = Script(tmp_path, gated=4)
    cluster = Cluster(pool, store, policy=SMALL_SHARDS, make_engine=script)
    job = cluster.submit(request_of(NUM_BLOCKS), name="cancelled")
    wait_until(lambda: job.progress().blocks_done >= 2)
    job.cancel()
    script.open_gate()
    with pytest.raises(JobCancelledError, match="was cancelled"):
        job.result()
    folder = open_store(store).job("cancelled").folder
    kept = read_segments(folder).committed()
    before = len(script.ran())
    cluster.submit(request_of(NUM_BLOCKS), name="cancelled").result()
    assert 2 <= len(kept) < NUM_BLOCKS
    assert kept.isdisjoint(script.ran()[before:])
    assert read_segments(folder).committed() == frozenset(range(NUM_BLOCKS))


def test_a_result_reduced_by_the_workers_is_the_same(
    pool: RayPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = estimate(None)
    monkeypatch.setattr("shoal.cluster.job_work.FAR_REDUCE_BYTES", 0)
    assert np.array_equal(estimate(Cluster(pool, tmp_path / "far")), expected)


def test_a_job_that_failed_names_the_block_and_keeps_the_rest(
    pool: RayPool, store: Path, tmp_path: Path
) -> None:
    script = Script(tmp_path, {3: ("refuse",)})
    cluster = Cluster(pool, store, policy=PATIENT, make_engine=script)
    job = cluster.submit(request_of(6, seed=3), name="failed")
    with pytest.raises(Exception, match=r"pub 0, parameters \[0.1, 0.2\]: the engine refused 3"):
        job.result()
    assert job.status() is JobStatus.ERROR
    cluster.submit(request_of(6, seed=3), name="failed").result()
    assert sorted(script.ran()) == [0, 1, 2, 3, 3, 4, 5]


def test_jobs_are_found_again_in_their_store(pool: RayPool, tmp_path: Path) -> None:
    cluster = Cluster(pool, tmp_path / "jobs", make_engine=Script(tmp_path))
    result = cluster.submit(request_of(3), name="found").result()
    (handle,) = open_store(tmp_path / "jobs").jobs()
    assert handle.done()
    assert handle.job_id().startswith("found-")
    assert np.array_equal(handle.result()[0].data.evs, result[0].data.evs)
    assert np.array_equal(handle.result(timeout=200)[0].data.evs, result[0].data.evs)


def test_a_stored_job_that_stopped_says_how_to_go_on(pool: RayPool, tmp_path: Path) -> None:
    script = Script(tmp_path, {2: ("refuse",)})
    cluster = Cluster(pool, tmp_path / "jobs", make_engine=script)
    with pytest.raises(EngineError):
        cluster.submit(request_of(3)).result()
    (handle,) = open_store(tmp_path / "jobs").jobs()
    assert handle.cancelled()
    assert not handle.cancel()
    with pytest.raises(ExecutionError, match=r"of 3 blocks; submit the same request .* resume"):
        handle.result()


def test_a_store_that_cannot_be_written_is_an_error_at_once(pool: RayPool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        Cluster(pool, tmp_path / "file").submit(request_of(3))


@pytest.mark.parametrize("numbers", [{"workers": 0}, {"threads": 0}, {"gpus": -1}])
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        Cluster.local(**numbers)


def test_a_ray_that_cannot_start_is_one_clear_line(tmp_path: Path) -> None:
    folder = NodeFolder.make()
    settings = local_settings(folder.path, workers=1, threads=1, gpus=0)
    with pytest.raises(ExecutionError, match="Ray could not be started on this machine") as found:
        RayPool(replace(settings, object_store_bytes=1000), folder)
    assert "\n" not in str(found.value)
    assert not folder.path.exists()


def test_a_ray_that_did_not_start_is_started_once_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    too_small = [1000]

    def driver(settings: Settings, folder: NodeFolder) -> DriverProcess:
        size = too_small.pop() if too_small else settings.object_store_bytes
        return DriverProcess(replace(settings, object_store_bytes=size), folder)

    monkeypatch.setattr("shoal.cluster.ray_pool.DriverProcess", driver)
    folder = NodeFolder.make()
    pool = RayPool(local_settings(folder.path, workers=1, threads=1, gpus=0), folder)
    pool.close()
    assert "Ray did not start on this machine (" in caplog.text
    assert not folder.path.exists()


def test_nobody_to_connect_to_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    words = r"the Ray at 127\.0\.0\.1:9 cannot be used: nothing listens at port 9"
    with pytest.raises(ExecutionError, match=words) as found:
        Cluster.connect("127.0.0.1:9")
    assert "\n" not in str(found.value)
