import subprocess
import sys

import pytest
from qiskit import QuantumCircuit
from qiskit.providers import JobStatus
from qiskit_aer import AerSimulator

from shoal.cluster.engines.fake import (
    FakeQueue,
    FakeScript,
    QueueRefusedError,
    QueueUnreachableError,
)

CIRCUIT = QuantumCircuit(1, 1)
CIRCUIT.h(0)
CIRCUIT.measure(0, 0)


@pytest.fixture
def queue_of(tmp_path):
    def make(**script):
        return FakeQueue(AerSimulator(), tmp_path / "queue", FakeScript(**script), name="fake")

    return make


def test_a_job_is_found_again_by_another_process(queue_of, tmp_path):
    job = queue_of().run([CIRCUIT], shots=100, job_tags=["mine"])
    program = (
        "from qiskit_aer import AerSimulator; from shoal.cluster.engines.fake import FakeQueue; "
        f"queue = FakeQueue(AerSimulator(), {str(tmp_path / 'queue')!r}); "
        f"found = queue.retrieve_job({job.job_id()!r}), *queue.jobs(job_tags=['mine']); "
        "print([one.result().get_counts() for one in found])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    counts = job.result().get_counts()
    assert said.stdout.strip() == str([counts, counts]), said.stderr


def test_submissions_that_never_arrive_are_no_jobs(queue_of):
    queue = queue_of(unreachable=(0,), refused=(1,))
    with pytest.raises(QueueUnreachableError, match="submission 0"):
        queue.run(CIRCUIT)
    with pytest.raises(QueueRefusedError, match="submission 1"):
        queue.run(CIRCUIT)
    queue.run(CIRCUIT)
    assert (queue.calls, queue.submissions) == (3, 1)


def test_an_unanswered_submission_is_in_the_queue(queue_of):
    queue = queue_of(unanswered=(0,))
    with pytest.raises(QueueUnreachableError, match="before the answer"):
        queue.run(CIRCUIT, job_tags=["mine"])
    (job,) = queue.jobs(job_tags=["mine"])
    assert job.status() is JobStatus.DONE
    assert queue.submissions == 1


def test_a_lost_job_is_unknown(queue_of):
    job = queue_of(lost_jobs=(0,)).run(CIRCUIT)
    with pytest.raises(LookupError, match="no job 'job-0000'"):
        job.status()


def test_a_failed_job_has_no_result(queue_of):
    job = queue_of(failed_jobs=(0,)).run(CIRCUIT)
    assert job.status() is JobStatus.ERROR
    with pytest.raises(QueueRefusedError, match="it is failed"):
        job.result()


def test_jobs_wait_for_each_other_and_can_be_cancelled(queue_of):
    queue = queue_of(latency_seconds=(1000.0, 2000.0))
    jobs = [queue.run(CIRCUIT) for _ in range(4)]
    assert sorted(job.queue_position() for job in jobs) == [0, 1, 2, 3]
    assert [job.queue_position() for job in jobs] != [0, 1, 2, 3]
    assert jobs[0].cancel()
    assert jobs[0].status() is JobStatus.CANCELLED
    assert not jobs[0].cancel()


def test_limits_are_kept(queue_of):
    queue = queue_of(max_circuits=2, max_shots=10, max_pending=1, latency_seconds=(900.0, 900.0))
    with pytest.raises(QueueRefusedError, match="3 circuits in a job, at most 2"):
        queue.run([CIRCUIT] * 3, shots=1)
    with pytest.raises(QueueRefusedError, match="11 shots in a job, at most 10"):
        queue.run([CIRCUIT], shots=11)
    queue.run([CIRCUIT], shots=1)
    with pytest.raises(QueueUnreachableError, match="1 of your jobs wait already"):
        queue.run([CIRCUIT], shots=1)


def test_nobody_answers_during_maintenance(queue_of):
    queue = queue_of(maintenance=((0.0, 1000.0),))
    with pytest.raises(QueueUnreachableError, match="maintenance"):
        queue.run(CIRCUIT)


def test_shots_depend_on_seed_and_job_alone(tmp_path):
    def counts(place, seed):
        queue = FakeQueue(AerSimulator(), tmp_path / place, FakeScript(seed=seed))
        return [queue.run(CIRCUIT, shots=1000).result().get_counts() for _ in range(2)]

    first, second = counts("a", 1)
    assert counts("b", 1) == [first, second]
    assert first != second
    assert counts("c", 2) != [first, second]


def test_a_script_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="must rise from 0"):
        FakeScript(latency_seconds=(2.0, 1.0))
