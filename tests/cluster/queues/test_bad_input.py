"""What a queue cannot run is refused before anything is submitted, with the limit and the value."""

import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from shoal.cluster import Device, Queues
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.opening import open_provider
from shoal.cluster.queues.settings import QueueSettings
from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import RequestError, UnsupportedError

ON_DEVICE = {"execution": {"engine": "device"}}


@pytest.fixture
def device(tmp_path):
    line = [[0, 1], [1, 2], [2, 3], [3, 4]]
    backend = GenericBackendV2(5, coupling_map=line, seed=1, noise_info=True)
    return FakeQueue(backend, tmp_path / "queue", FakeScript(max_shots=1000))


@pytest.fixture(params=["queues", "device"])
def door(request, device):
    """The queue among others, and by itself."""
    return Queues({"device": device}) if request.param == "queues" else Device(device)


@pytest.fixture
def mode(device):
    return Queues({"device": device})


def refused(mode, device, words, run, kind=RequestError):
    with pytest.raises(kind, match=words):
        run()
    assert device.calls == 0


def test_a_circuit_wider_than_the_device(door, device):
    wide = QuantumCircuit(6)
    wide.h(range(6))
    words = "queue device: pub 0: the circuit has 6 qubits, but the backend .* has 5"
    estimator = Estimator(door, ON_DEVICE)
    refused(door, device, words, lambda: estimator.run([(wide, "Z" * 6)], precision=0.1))


def test_an_instruction_that_the_device_does_not_have(door, device):
    circuit = QuantumCircuit(2, 2)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    words = "queue device: pub 0: the circuit has 'if_else', which the backend .* does not have"
    sampler = Sampler(door, ON_DEVICE)
    refused(door, device, words, lambda: sampler.run([circuit], shots=10), UnsupportedError)


def test_shots_over_the_limit(door, device):
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    words = "queue device: 1001 shots .* draws at most 1000: ask for fewer shots"
    sampler = Sampler(door, ON_DEVICE)
    refused(door, device, words, lambda: sampler.run([circuit], shots=1001))


def test_exact_values(door, device):
    circuit = QuantumCircuit(1)
    words = "queue device: pub 0: precision 0 asks for exact values"
    estimator = Estimator(door, ON_DEVICE)
    refused(door, device, words, lambda: estimator.run([(circuit, "Z")], precision=0))


def test_a_queue_that_nobody_knows(mode, device):
    words = "pub 0: .* found 'devise', expected one of 'auto', .*'device'"
    sampler = Sampler(mode, {"execution": {"engine": "devise"}})
    circuit = quantum_volume(2, seed=1).measure_all(inplace=False)
    refused(mode, device, words, lambda: sampler.run([circuit], shots=10), UnsupportedError)


def test_as_many_engines_as_pubs(mode, device):
    sampler = Sampler(mode, {"execution": {"engines": ["device", "aer"]}})
    circuit = quantum_volume(2, seed=1).measure_all(inplace=False)
    words = "found 2 names for 1 pubs, expected one a pub"
    refused(mode, device, words, lambda: sampler.run([circuit], shots=10))


@pytest.fixture
def providers(tmp_path, monkeypatch):
    (tmp_path / "qpu_shop.py").write_text(
        "import os\n"
        "def without_account():\n"
        "    raise ValueError('no account: save one with the provider, or set SHOP_TOKEN')\n"
        "def unreachable():\n"
        "    raise ConnectionError('no route to shop.example')\n"
        "def wrong():\n"
        "    return 7\n"
        "def named(name):\n"
        "    from qiskit_aer import AerSimulator\n"
        "    return AerSimulator()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("qpu_shop", None)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("without_account", "ValueError: no account: .* Credentials come from the environment"),
        ("unreachable", "the vendor is out of reach: no route to shop.example"),
        ("wrong", "found int, expected a BackendV2"),
        ("missing", "cannot be imported: module 'qpu_shop' has no attribute 'missing'"),
        ("named", "missing a required argument: 'name'"),
    ],
)
def test_a_provider_that_gives_no_device(providers, function, words):
    with pytest.raises(
        RequestError, match=rf"queues.ionic.provider = 'qpu_shop:{function}'.*{words}"
    ):
        open_provider("ionic", f"qpu_shop:{function}", {})


def test_a_provider_is_called_with_its_arguments(providers):
    assert isinstance(open_provider("a", "qpu_shop:named", {"name": 1}).backend, AerSimulator)


def test_a_provider_is_a_module_and_a_function():
    with pytest.raises(RequestError, match="expected 'module:function'"):
        open_provider("ionic", "qpu_shop", {})


def test_a_queue_with_an_engines_name():
    with pytest.raises(RequestError, match="queue 'aer' has an engine's name"):
        Queues({"aer": AerSimulator()})


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"max_in_flight": 0}, "max_in_flight: found 0, expected 1 or more"),
        ({"poll_seconds": 5.0, "max_poll_seconds": 1.0}, "must be above 0, and at most"),
    ],
)
def test_numbers_that_make_no_sense(numbers, words):
    with pytest.raises(ValueError, match=words):
        QueueSettings(**numbers)


def test_nothing_of_another_type_is_a_queue():
    with pytest.raises(TypeError, match="a queue: found ndarray, expected a BackendV2"):
        Queues({"a": np.zeros(1)})
