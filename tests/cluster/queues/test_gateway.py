import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator

from shoal.cluster.engines.backend_batches import BlockCircuits
from shoal.cluster.engines.backend_templates import BackendTemplates
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.backend_queue import BackendQueue
from shoal.cluster.queues.gateway import Gateway
from shoal.cluster.queues.settings import QueueSettings
from shoal.orchestrator.vendor_jobs import VendorJobs, stored_submissions
from shoal.primitives.errors import EngineError, ExecutionError
from shoal.primitives.expansion import expand
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request

ANGLE = Parameter("a")
CIRCUIT = QuantumCircuit(1)
CIRCUIT.rx(ANGLE, 0)
ANGLES = np.linspace(0.0, np.pi, 12).reshape(12, 1)


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def workload():
    options = EstimatorOptions.coerce({"execution": {"engine": "fake"}, "seed": 1})
    return expand(estimator_request([(CIRCUIT, "Z", ANGLES)], 0.1, options))


@pytest.fixture
def serve(tmp_path, workload):
    """Make a gateway to a queue that follows a script; the vendor's books stay between calls."""

    def make(*, is_durable=True, number=1, settings=None, **script):
        script = {"max_circuits": 4, **script}
        queue = FakeQueue(AerSimulator(), tmp_path / "vendor", FakeScript(**script))
        jobs = VendorJobs(tmp_path if is_durable else None)
        circuits = BlockCircuits(workload, BackendTemplates(queue))
        numbers = QueueSettings(**{"max_in_flight": 2, "poll_seconds": 1.0, **(settings or {})})
        clock = Clock()
        gateway = Gateway(
            "fake", BackendQueue(queue), circuits, jobs, numbers, clock=clock, sleep=clock.sleep
        )
        return gateway, queue, clock

    return make


def run(gateway, workload):
    outcomes = [one for several in gateway.run(workload.blocks) for one in several]
    assert [one.block for one in outcomes] == [block.index for block in workload.blocks]
    (rows,) = outcomes[0].shots
    ones = [
        int(rows.counts[(rows.rows == r) & (rows.bits["meas"][:, 0] == 1)].sum()) for r in (0, 11)
    ]
    assert ones == [0, 100]
    return outcomes


def test_blocks_come_back_in_jobs_that_fit(serve, workload):
    gateway, queue, _ = serve()
    (outcome,) = run(gateway, workload)
    assert (queue.submissions, queue.calls) == (3, 3)
    assert outcome.record.method == "fake"
    assert "job-0000" in outcome.record.reason


@pytest.mark.parametrize("fault", ["unreachable", "unanswered"])
def test_a_submission_without_an_answer_is_asked_for_first(serve, workload, fault):
    gateway, queue, _ = serve(**{fault: (1,)}, unreachable_polls=(0, 2))
    run(gateway, workload)
    assert queue.submissions == 3


@pytest.mark.parametrize("fault", ["failed_jobs", "lost_jobs"])
def test_a_job_that_comes_to_nothing_is_sent_once_more(serve, workload, fault, tmp_path):
    gateway, queue, _ = serve(**{fault: (1,)})
    run(gateway, workload)
    assert queue.submissions == 4
    ends = [one.end for one in stored_submissions(tmp_path)]
    assert sorted(map(str, ends)) == ["None", "None", "None", fault.removesuffix("_jobs")]


def test_a_job_that_always_fails_ends_the_run_in_the_vendors_name(serve, workload):
    gateway, _queue, _ = serve(failed_jobs=tuple(range(9)))
    with pytest.raises(EngineError, match=r"pub 0: job job-\d+ of queue fake was failed .* 3 sub"):
        list(gateway.run(workload.blocks))


def test_a_refusal_ends_the_run(serve, workload):
    gateway, queue, _ = serve(refused=(0,))
    with pytest.raises(EngineError, match="queue fake refused the circuits: submission 0 breaks"):
        list(gateway.run(workload.blocks))
    assert queue.submissions == 0


def test_no_more_jobs_wait_than_may(serve, workload):
    gateway, queue, _clock = serve(max_pending=2, latency_seconds=(0.02, 0.02))
    run(gateway, workload)
    assert queue.calls == 3


def test_a_job_whose_fate_is_unknown_is_not_paid_for_twice(serve, workload):
    gateway, queue, _ = serve(unanswered=(0,), has_tags=False)
    with pytest.raises(ExecutionError, match="nobody knows whether queue fake has a job of 4 circ"):
        list(gateway.run(workload.blocks))
    assert queue.calls == queue.submissions <= 3


def test_what_is_in_doubt_is_submitted_again_where_that_was_allowed(serve, workload):
    settings = {"resubmit_in_doubt": True}
    gateway, queue, _ = serve(unanswered=(0,), has_tags=False, settings=settings)
    run(gateway, workload)
    assert queue.submissions == 4


def test_a_vendor_out_of_reach_ends_the_run_after_a_while(serve, workload):
    settings = {"patience_seconds": 100.0}
    gateway, _, clock = serve(unreachable_rate=0.999, settings=settings)
    with pytest.raises(ExecutionError, match=r"queue fake was out of reach for 1\d\d s"):
        list(gateway.run(workload.blocks))
    assert 100.0 < clock.now < 300.0


def test_another_gateway_goes_on_where_one_left(serve, workload, tmp_path):
    first, queue, _ = serve(latency_seconds=(900.0, 900.0))
    answers = iter([True] * 6)
    first.watch(lambda: next(answers, False))
    assert not list(first.run(workload.blocks))
    assert queue.submissions == 2
    for entry in (tmp_path / "vendor" / "jobs").glob("*.json"):
        entry.write_text(json.dumps({**json.loads(entry.read_text()), "due": 0.0}))
    second, queue, _clock = serve()
    run(second, workload)
    assert queue.submissions == 3


def test_a_cancelled_gateway_takes_its_jobs_from_the_queue(serve, workload):
    first, queue, _ = serve(latency_seconds=(900.0, 900.0))
    answers = iter([True] * 6)
    first.watch(lambda: next(answers, False))
    list(first.run(workload.blocks))
    first.cancel()
    assert [queue.retrieve_job(f"job-000{n}").status().name for n in (0, 1)] == ["CANCELLED"] * 2
    second, queue, _ = serve()
    run(second, workload)
    assert queue.submissions == 5


def test_a_job_that_was_cancelled_at_the_vendor_is_not_sent_again(serve, workload):
    gateway, queue, _ = serve(latency_seconds=(900.0, 900.0))
    outcomes = gateway.run(workload.blocks)
    todo = ["job-0000"]

    def cancel_first():
        if todo and queue.submissions:
            queue.retrieve_job(todo.pop()).cancel()
        return True

    gateway.watch(cancel_first)
    with pytest.raises(EngineError, match="was cancelled by the vendor"):
        list(outcomes)


def test_jobs_are_packed_to_a_payload(serve, workload):
    gateway, queue, _ = serve(max_circuits=100, settings={"max_payload_bytes": 1500})
    run(gateway, workload)
    assert 2 <= queue.submissions <= 12


def test_when_shots_were_taken_and_what_the_device_said_then_is_kept(serve, workload, tmp_path):
    gateway, _, _ = serve()
    run(gateway, workload)
    assert all(one.taken for one in stored_submissions(tmp_path))
