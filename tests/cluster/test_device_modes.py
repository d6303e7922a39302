import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator

from shoal.cluster import Batch, Device, Session
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.settings import QueueSettings
from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import ExecutionError, UnsupportedError

BELL = QuantumCircuit(2)
BELL.h(0)
BELL.cx(0, 1)
FAST = QueueSettings(poll_seconds=0.01)


@pytest.mark.parametrize("mode", [Session, Batch, Device])
def test_a_device_for_a_while_runs_what_is_asked(mode, tmp_path):
    queue = FakeQueue(AerSimulator(), tmp_path)
    with mode(queue, settings=FAST) as opened:
        estimator = Estimator(opened)
        first = estimator.run([(BELL, ["ZZ", "ZI"])]).result()[0]
        second = estimator.run([(BELL, "XX")], precision=0.1).result()[0]
    assert first.data.evs[0] == second.data.evs == 1.0
    assert first.metadata["shots"] == 4096
    assert queue.submissions == 2


def test_nothing_is_taken_after_the_end():
    with Session(AerSimulator()) as session:
        pass
    with pytest.raises(ExecutionError, match="are closed"):
        Estimator(session).run([(BELL, "ZZ")])


def test_a_sampler_is_a_device():
    device = Device(StatevectorSampler(seed=1), settings=FAST)
    found = Sampler(device).run([BELL.measure_all(inplace=False)], shots=50).result()[0]
    assert set(found.data.meas.get_counts()) == {"00", "11"}


def test_a_stored_job_of_a_device_is_not_run_again(tmp_path):
    queue = FakeQueue(AerSimulator(), tmp_path / "queue", FakeScript(latency_seconds=(0.0, 0.05)))
    for _ in range(2):
        with Device(queue, store=tmp_path / "store", settings=FAST) as device:
            Estimator(device, {"seed": 1}).run([(BELL, "ZZ")], precision=0.1).result()
    assert queue.submissions == 1


def test_a_device_runs_no_other_engine():
    with pytest.raises(UnsupportedError, match="found 'aer', but mode is one device"):
        Estimator(Device(AerSimulator()), {"execution": {"engine": "aer"}}).run([(BELL, "ZZ")])
