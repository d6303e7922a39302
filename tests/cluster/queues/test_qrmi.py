import gc
import importlib
import json
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit

from shoal.cluster import Queues
from shoal.cluster.cli.qpu_checkup import qpu_words
from shoal.cluster.queues.faults import is_transient, never_arrived
from shoal.cluster.queues.port import CannotList
from shoal.cluster.queues.qrmi_faults import QrmiFaultError, QrmiUnsentError, told_apart
from shoal.cluster.queues.qrmi_queue import QrmiQueue
from shoal.cluster.queues.qrmi_resources import QpuResource, qpu_resources, qrmi_queue
from shoal.cluster.queues.settings import QueueSettings
from shoal.primitives import Estimator
from shoal.primitives.errors import RequestError, UnsupportedError
from tests.cluster.queues.runtime_server import UP, runtime_server

SOON = QueueSettings(poll_seconds=0.01, max_poll_seconds=0.05)

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
        UnsupportedError, match="no quantum resource 'fez' that is online: ask for it with #SBATCH"
    ):
        qrmi_queue("fez")


@pytest.fixture(scope="module")
def device():
    pytest.importorskip("qrmi")
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    folder = Path(fakes.__file__).parent / "backends" / "manila"
    return {
        "configuration": json.loads((folder / "conf_manila.json").read_text()),
        "properties": json.loads((folder / "props_manila.json").read_text()),
    }


@pytest.fixture
def server(device):
    with runtime_server(device) as opened:
        yield opened


def bell(mode, precision=0.1):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    options = {"execution": {"engine": "qpu"}}
    job = Estimator(mode, options).run([(circuit, ["ZZ", "XX"])], precision=precision)
    np.testing.assert_allclose(job.result()[0].data.evs, [1.0, 1.0])


def test_qrmis_own_client_runs_tasks_that_no_garbage_collector_stops(server):
    with Queues({"qpu": (qrmi_queue("lab"), SOON)}) as mode:
        bell(mode)
        gc.collect()
    assert server.submitted == ["job-0"]
    assert server.cancelled == []


def test_a_server_that_is_busy_is_asked_again(server):
    server.failing = {"POST /jobs": [503, 429], "GET /jobs": [502, 500], "GET /backends": [503]}
    with pytest.raises(QrmiFaultError, match="503"):
        qrmi_queue("lab")
    with Queues({"qpu": (qrmi_queue("lab"), SOON)}) as mode:
        bell(mode)
    assert server.submitted == ["job-0"]
    assert not any(server.failing.values())


def test_a_task_that_another_process_has_sent_is_asked_for_by_its_id(server):
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    job = qrmi_queue("lab").submit([circuit], 5, False, "tag")
    later = qrmi_queue("lab")
    assert later.look(job).state == "done"
    assert later.entries(job)[0].shots == 5
    assert later.look("job-7").state == "lost"
    later.cancel(job)
    with pytest.raises(CannotList):
        later.find("tag")


def test_a_server_that_is_gone_was_sent_nothing(device):
    with runtime_server(device) as server:
        queue = qrmi_queue("lab")
        server.server_close()
        with pytest.raises(QrmiUnsentError, match="error sending request") as raised:
            queue.submit([], 1, False, "tag")
    assert is_transient(raised.value)
    assert never_arrived(raised.value)


def test_no_answer_to_a_submission_leaves_it_in_doubt(device):
    fault = RuntimeError("error in reqwest: connection closed before message completed")
    with pytest.raises(QrmiFaultError) as raised, told_apart():
        raise fault
    assert is_transient(raised.value)
    assert not never_arrived(raised.value)
    with pytest.raises(RuntimeError, match="invalid JSON"), told_apart():
        raise RuntimeError("invalid JSON: missing field `pubs`")


def test_a_resource_that_is_offline_is_refused(server, monkeypatch):
    resource = importlib.import_module("qrmi").QRMIService().resource("lab")
    monkeypatch.setitem(UP, "state", False)
    monkeypatch.setitem(UP, "status", "internal")
    with pytest.raises(UnsupportedError, match="is offline"):
        QrmiQueue(resource)
    with pytest.raises(UnsupportedError, match="no quantum resource 'lab' that is online"):
        qrmi_queue("lab")
