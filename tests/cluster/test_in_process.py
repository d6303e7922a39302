import multiprocessing
import os
import threading

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.providers import JobStatus

from shoal.cluster.engines.choice import ChosenEngine
from shoal.cluster.in_process import InProcessRunner, in_process_runner, is_tiny
from shoal.cluster.node_cores import usable_cores
from shoal.primitives import Estimator
from shoal.primitives.errors import JobCancelledError, UnsupportedError
from shoal.primitives.expansion import expand
from shoal.primitives.runner import Runner

from ..primitives.requests import ansatz, estimator_request


def wide_request(rows=2000):
    values = np.linspace(0, 1, 2 * rows).reshape(rows, 2)
    return estimator_request([ansatz()], [(0, "ZZ", values, 0.05)])


def test_it_is_the_runner_of_no_mode():
    assert isinstance(in_process_runner(), Runner)
    assert isinstance(in_process_runner(), InProcessRunner)


def test_progress_counts_blocks_evaluations_and_shots():
    request = wide_request()
    workload = expand(request)
    job = in_process_runner().submit(request)
    job.result()
    progress = job.progress()
    assert progress.blocks_done == progress.blocks_total == len(workload.blocks) > 4
    assert progress.evaluations_done == progress.evaluations_total == 2000
    assert progress.shots_done == 2000 * 400
    assert progress.eta_seconds == 0
    assert progress.workers == 1
    assert progress.seconds > 0


def test_a_job_is_cancelled_between_two_blocks(monkeypatch):
    begun, gate, run = threading.Event(), threading.Event(), ChosenEngine.run

    def run_held(engine, block):
        if block.index:
            begun.set()
            gate.wait(200)
        return run(engine, block)

    monkeypatch.setattr(ChosenEngine, "run", run_held)
    job = in_process_runner().submit(wide_request())
    assert begun.wait(200)
    assert job.progress().blocks_done == 1
    job.cancel()
    gate.set()
    with pytest.raises(JobCancelledError, match="was cancelled"):
        job.result()
    assert job.status() is JobStatus.CANCELLED
    assert job.progress().blocks_done == 2 < job.progress().blocks_total


def test_what_no_engine_can_do_is_refused_before_there_is_a_job():
    request = estimator_request([ansatz()], [(0, "ZZ", [0, 0], 0.1)], execution={"engine": "none"})
    with pytest.raises(UnsupportedError, match="none"):
        in_process_runner().submit(request)


def test_more_jobs_than_threads_all_end():
    circuit = real_amplitudes(2, reps=1)
    estimator = Estimator()
    jobs = [estimator.run([(circuit, "ZZ", [k / 10] * 4)]) for k in range(3 * usable_cores() + 1)]
    assert all(job.result(timeout=200)[0].data.evs.shape == () for job in jobs)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    Estimator().run([(QuantumCircuit(1), "Z")]).result(timeout=200)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()

    def child():
        job = Estimator().run([(QuantumCircuit(1), "Z")])
        queue.put(float(job.result(timeout=200)[0].data.evs))

    process = context.Process(target=child)
    process.start()
    process.join(250)
    assert process.exitcode == 0
    assert queue.get() == 1.0


def test_cores_are_those_that_this_process_may_use():
    assert usable_cores() == len(os.sched_getaffinity(0))


def test_one_step_of_an_optimiser_needs_no_thread():
    step = estimator_request([ansatz()], [(0, "ZZ", [0.1, 0.2], 0.05)])
    assert is_tiny(expand(step))
    assert in_process_runner().submit(step).done()


def test_a_sweep_runs_in_the_background():
    assert not is_tiny(expand(wide_request()))
