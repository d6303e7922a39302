"""The noise of layers learnt as a job of a queue, kept in the store, and used again."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers.fake_provider import GenericBackendV2

from shoal.cluster import Queues, open_store
from shoal.primitives import Estimator, NoiseLearner
from shoal.primitives.errors import RequestError

LEARNING = {"layer_pair_depths": [0, 2], "num_randomizations": 4, "shots_per_randomization": 32}
OPTIONS = {
    "seed": 3,
    "execution": {"engine": "vendor"},
    "resilience": {"pec_mitigation": True, "layer_noise_learning": LEARNING},
}


@pytest.fixture(scope="module")
def device():
    return GenericBackendV2(3, coupling_map=[[0, 1], [1, 2]], seed=3)


@pytest.fixture(scope="module")
def bell(device):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return transpile(circuit, device, initial_layout=[1, 2], optimization_level=1)


def test_a_queue_learns_first_and_a_second_job_finds_what_was_learnt(device, bell, tmp_path):
    with Queues({"vendor": device}, store=tmp_path) as queues:
        run = Estimator(queues, OPTIONS).run
        result = run([(bell, ["ZZI", "XXI"])], precision=0.1).result()
        (layer,) = result.metadata["layer_noise_model"]
        assert layer["gates"] == [["cx", [1, 2]]]
        assert (np.abs(result[0].data.evs - 1) < 5 * np.hypot(result[0].data.stds, 0.05)).all()
        assert len(open_store(tmp_path).jobs()) == 2

        other = run([(bell, ["YYI"])], precision=0.1).result()
        assert other.metadata["layer_noise_model"] == result.metadata["layer_noise_model"]
        assert len(open_store(tmp_path).jobs()) == 3


def test_a_noise_learner_takes_queues_and_backends(device, bell):
    options = {"seed": 3, **LEARNING}
    alone = NoiseLearner(device, options).run([bell]).result().layer_noise_model
    with Queues({"vendor": device}) as queues:
        queued = NoiseLearner(queues, {**options, "execution": {"engine": "vendor"}})
        found = queued.run([bell]).result().layer_noise_model
    assert [one["gates"] for one in found] == [one["gates"] for one in alone]
    assert [one["generators"] for one in found] == [one["generators"] for one in alone]


def test_circuits_that_are_nowhere_yet_cannot_be_learnt(device):
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    with (
        Queues({"vendor": device}) as queues,
        pytest.raises(RequestError, match=r"found circuits on 2 qubits, expected .* for all 3 of"),
    ):
        Estimator(queues, OPTIONS).run([(circuit, "ZZ")])


def test_noise_is_learnt_on_one_device(device, bell):
    options = {**OPTIONS, "execution": {"engines": ["vendor", "auto"]}}
    with (
        Queues({"vendor": device}) as queues,
        pytest.raises(
            RequestError,
            match=r"is learnt on one device, and the pubs are for \['auto', 'vendor'\]",
        ),
    ):
        Estimator(queues, options).run([(bell, "ZZI"), (bell, "XXI")])
