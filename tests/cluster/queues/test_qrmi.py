import json
import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm3
from qiskit.primitives import StatevectorSampler

from shoal.cluster import Queues
from shoal.cluster.cli.qpu_checkup import qpu_words
from shoal.cluster.queues.qrmi_resources import QpuResource, qpu_resources, qrmi_queue
from shoal.primitives import Estimator
from shoal.primitives.errors import RequestError, UnsupportedError

NEW = {
    "QRMI_JOB_QPU_RESOURCES": "torino,fez",
    "QRMI_JOB_QPU_TYPES": "ibm-quantum-system,iqm-server",
}
HAS_QRMI = find_spec("qrmi") is not None
OLD = {"SLURM_JOB_QPU_RESOURCES": "torino", "SLURM_JOB_QPU_TYPES": "qiskit-runtime-service"}


def test_resources_are_read_from_the_environment():
    found = qpu_resources({**OLD, **NEW})
    assert found == [QpuResource("torino", "ibm-quantum-system"), QpuResource("fez", "iqm-server")]
    assert [one.is_usable for one in found] == [True, False]
    assert qpu_resources(OLD) == [QpuResource("torino", "qiskit-runtime-service")]
    assert qpu_resources({}) == []


def test_as_many_types_as_resources():
    with pytest.raises(
        RequestError, match=r"names 2 quantum resources \(torino, fez\), and .* 1 ty"
    ):
        qpu_resources({**NEW, "QRMI_JOB_QPU_TYPES": "iqm-server"})


@pytest.mark.parametrize(
    ("environ", "verdict", "words"),
    [
        ({}, None, "no quantum resources in this job"),
        (
            NEW,
            HAS_QRMI,
            r"torino \(ibm-quantum-system\), fez \(iqm-server: not usable as a queue\)",
        ),
        ({"QRMI_JOB_QPU_RESOURCES": "a"}, False, "expected as many"),
    ],
)
def test_the_doctor_finds_them(environ, verdict, words):
    found, said = qpu_words(environ)
    assert found is verdict
    assert re.search(words, said)


def test_a_resource_that_the_job_does_not_have(monkeypatch):
    pytest.importorskip("qrmi")
    monkeypatch.setenv("QRMI_JOB_QPU_RESOURCES", "")
    monkeypatch.setenv("QRMI_JOB_QPU_TYPES", "")
    with pytest.raises(
        UnsupportedError, match="no quantum resource 'fez': ask for it with #SBATCH"
    ):
        qrmi_queue("fez")


class Resource:
    """A vendor's resource, as QRMI hands it out: it runs IBM's input of a sampler."""

    def __init__(self, device, *, is_accessible=True):
        self._device, self._is_accessible = device, is_accessible
        self.stopped = []
        self._results = {}

    def is_accessible(self):
        return self._is_accessible

    def target(self):
        return SimpleNamespace(value=json.dumps(self._device))

    def task_start(self, payload):
        from qiskit_ibm_runtime import RuntimeEncoder

        said = json.loads(payload.input)
        circuits = [qasm3.loads(text) for text, *_ in said["pubs"]]
        found = StatevectorSampler(seed=len(self._results)).run(circuits, shots=said["shots"])
        self._results[f"task-{len(self._results)}"] = json.dumps(found.result(), cls=RuntimeEncoder)
        return f"task-{len(self._results) - 1}"

    def task_status(self, task):
        from qrmi import TaskStatus

        return TaskStatus.Completed

    def task_result(self, task):
        return SimpleNamespace(value=self._results[task])

    def task_stop(self, task):
        self.stopped.append(task)


@pytest.fixture
def device():
    pytest.importorskip("qrmi")
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    folder = Path(fakes.__file__).parent / "backends" / "manila"
    return {
        "configuration": json.loads((folder / "conf_manila.json").read_text()),
        "properties": json.loads((folder / "props_manila.json").read_text()),
    }


def test_tasks_run_and_are_never_stopped_by_the_garbage_collector(device):
    from shoal.cluster.queues.qrmi_queue import QrmiQueue

    resource = Resource(device)
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    mode = Queues({"qpu": QrmiQueue(resource)})
    options = {"execution": {"engine": "qpu"}}
    found = Estimator(mode, options).run([(bell, ["ZZ", "XX"])], precision=0.1).result()[0].data
    np.testing.assert_allclose(found.evs, [1.0, 1.0])
    assert resource.stopped == []


def test_a_resource_of_another_step_is_refused(device):
    from shoal.cluster.queues.qrmi_queue import QrmiQueue

    with pytest.raises(UnsupportedError, match="acquired for the batch script's step"):
        QrmiQueue(Resource(device, is_accessible=False))
