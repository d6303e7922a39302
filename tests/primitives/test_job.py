import pickle
import threading

import pytest
from qiskit.primitives import BasePrimitiveJob, PrimitiveResult
from qiskit.providers import JobStatus

from shoal.primitives.errors import JobCancelledError
from shoal.primitives.job import Job, Progress

EMPTY = PrimitiveResult([], {"version": 2})


def never(run):
    """A background that does not get round to it."""


def blocked(release: threading.Event, seen: threading.Event | None = None):
    """Work that goes on until it is released or cancelled."""

    def work(control):
        if seen is not None:
            seen.set()
        while not release.wait(0.001):
            if control.cancelled():
                raise JobCancelledError
        return EMPTY

    return work


def test_a_job_is_qiskits_and_has_its_result():
    job = Job("a", lambda control: EMPTY, kind="test")
    assert isinstance(job, BasePrimitiveJob)
    assert job.result() is EMPTY
    assert job.job_id() == "a"
    assert job.metadata == {"kind": "test"}
    assert job.status() is JobStatus.DONE
    assert job.done()
    assert job.in_final_state()


def test_a_job_runs_without_anybody_asking():
    done = threading.Event()
    Job("a", lambda control: done.set())
    assert done.wait(100)


def test_whoever_waits_does_the_work_that_nobody_began():
    thread = []
    job = Job("a", lambda control: thread.append(threading.current_thread()), start=never)
    assert job.status() is JobStatus.QUEUED
    job.result()
    assert thread == [threading.main_thread()]


def test_work_is_done_once():
    calls = []
    starts = []
    job = Job("a", lambda control: calls.append(1), start=starts.append)
    job.result()
    starts[0]()
    job.result()
    assert calls == [1]


def test_a_result_that_does_not_come_in_time():
    release = threading.Event()
    job = Job("a", blocked(release))
    with pytest.raises(TimeoutError, match=r"job a has no result after 0.01 s .*it goes on"):
        job.result(timeout=0.01)
    release.set()
    assert job.result(timeout=100) is EMPTY


def test_what_the_work_raises_comes_out_of_the_result():
    def work(control):
        raise ValueError("broken")

    job = Job("a", work)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            job.result()
    assert job.status() is JobStatus.ERROR
    assert not job.done()


def test_a_running_job_is_cancelled():
    seen = threading.Event()
    job = Job("a", blocked(threading.Event(), seen))
    assert seen.wait(100)
    assert job.running()
    assert job.cancel()
    with pytest.raises(JobCancelledError, match="job a was cancelled"):
        job.result()
    assert job.cancelled()


def test_a_waiting_job_is_cancelled_at_once():
    job = Job("a", lambda control: EMPTY, start=never)
    assert job.cancel()
    assert job.status() is JobStatus.CANCELLED


def test_a_finished_job_is_not_cancelled():
    job = Job("a", lambda control: EMPTY)
    job.result()
    assert not job.cancel()
    assert job.done()


def test_progress_is_what_was_reported_last():
    job = Job("a", lambda control: control.report(Progress(2, 3)), start=never)
    assert job.progress() == Progress()
    job.result()
    assert job.progress().blocks_done == 2


def test_a_pickled_job_has_its_result():
    job = Job("a", lambda control: EMPTY, kind="test")
    again = pickle.loads(pickle.dumps(job))
    assert again.job_id() == "a"
    assert again.status() is JobStatus.DONE
    assert again.metadata == {"kind": "test"}
    assert again.result().metadata == EMPTY.metadata
