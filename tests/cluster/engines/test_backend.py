import warnings

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_aer import AerSimulator

from shoal.primitives import Estimator, Sampler
from shoal.primitives.errors import EngineError, RequestError, UnsupportedError

ANSATZ = real_amplitudes(3, reps=2)
ANGLES = np.linspace(0.1, 2.0, 2 * ANSATZ.num_parameters).reshape(2, 1, -1)
OBSERVABLES = [{"ZZI": 1.0, "IXX": 0.5, "YIY": -0.25}, "ZIZ", {"XII": 1, "III": 2}]


class QueueJob(JobV1):
    """A job that is done as soon as somebody looks."""

    def __init__(self, backend, results, fails):
        super().__init__(backend, "queued")
        self._results, self._fails = results, fails
        self.is_cancelled = False

    def submit(self):
        """Nothing is left to submit."""

    def status(self):
        return JobStatus.DONE

    def result(self):
        if self._fails:
            raise RuntimeError("the fridge is warm")
        return self._results

    def cancel(self):
        self.is_cancelled = True


class Queue(BackendV2):
    """A queue without seeds, over a simulator: it counts its jobs and has limits."""

    def __init__(self, max_circuits=None, max_shots=None, fails=False):
        super().__init__(name="queue")
        self._simulator = BasicSimulator()
        self._limit, self._fails = max_circuits, fails
        self.jobs = []
        if max_shots is not None:
            self._options.set_validator("shots", (1, max_shots))

    @classmethod
    def _default_options(cls):
        return Options(shots=1024)

    @property
    def target(self):
        return self._simulator.target

    @property
    def max_circuits(self):
        return self._limit

    def run(self, run_input, **options):
        result = self._simulator.run(run_input, **options).result()
        self.jobs.append((len(run_input), options))
        return QueueJob(self, result, self._fails)


def device(**more):
    more = {"num_qubits": 5, "coupling_map": [[0, 1], [1, 2], [2, 3], [3, 4]], **more}
    return GenericBackendV2(seed=1, noise_info=False, **more)


def quiet(backend):
    """GenericBackendV2 without noise warns of having none."""
    warnings.filterwarnings("ignore", message=".*no QubitProperties")
    return backend


def expected(pubs):
    return StatevectorEstimator().run(pubs).result()[0].data.evs


def within(data, values, sigmas=5):
    assert data.evs.shape == values.shape
    assert (np.abs(data.evs - values) <= sigmas * data.stds + 1e-12).all()


@pytest.fixture(params=["device", "basic", "aer", "queue"])
def backend(request):
    made = {"device": device, "basic": BasicSimulator, "aer": AerSimulator, "queue": Queue}
    return quiet(made[request.param]())


def test_estimates_agree_with_exact_values(backend):
    pub = (ANSATZ, OBSERVABLES, ANGLES)
    found = Estimator(backend, {"seed": 3}).run([pub], precision=0.02).result()[0]
    within(found.data, expected([pub]))
    assert found.metadata["shots"] == 2500
    assert found.metadata["shoal"]["engine"] == "backend"


def test_shots_of_two_registers_agree_with_the_circuit(backend):
    circuit = QuantumCircuit(
        QuantumRegister(3), ClassicalRegister(1, "low"), ClassicalRegister(9, "high")
    )
    circuit.x([0, 2])
    circuit.measure([0, 1, 2], [0, 1, 9])
    data = Sampler(backend).run([circuit], shots=50).result()[0].data
    assert data.low.get_counts() == {"1": 50}
    assert data.high.get_counts() == {"100000000": 50}


def test_shots_of_several_parameter_sets_stay_with_their_own(backend):
    circuit = ANSATZ.copy()
    circuit.measure_all()
    flips = np.zeros((2, 2, circuit.num_parameters))
    flips[1, 0, -1] = np.pi
    data = Sampler(backend).run([(circuit, flips)], shots=20).result()[0].data
    assert data.meas.shape == (2, 2)
    assert data.meas.get_int_counts((1, 0)) == {4: 20}
    assert data.meas.get_int_counts((0, 1)) == {0: 20}


def test_a_seed_gives_the_same_shots_again():
    circuit = ANSATZ.copy()
    circuit.measure_all()
    backend = quiet(device())

    def drawn(seed):
        pubs = [(circuit, ANGLES), (circuit, ANGLES[0])]
        results = Sampler(backend, {"seed": seed}).run(pubs, shots=3000).result()
        return [found.data.meas.array for found in results]

    np.testing.assert_equal(drawn(5), drawn(5))
    assert not np.array_equal(drawn(5)[0], drawn(6)[0])


def test_a_transpiled_circuit_is_run_where_it_was_placed():
    backend = quiet(device())
    manager = generate_preset_pass_manager(1, backend, initial_layout=[4, 3, 2], seed_transpiler=1)
    placed = manager.run(ANSATZ)
    observables = "ZZI"
    pub = (ANSATZ, observables, ANGLES[0])
    moved = SparsePauliOp(observables).apply_layout(placed.layout)
    found = Estimator(backend, {"seed": 3}).run([(placed, moved, ANGLES[0])]).result()[0]
    within(found.data, expected([pub]))


def test_a_circuit_that_needs_swaps_is_read_where_its_qubits_ended():
    circuit = QuantumCircuit(5)
    circuit.ry(0.3, 0)
    for qubit in range(1, 5):
        circuit.cx(0, qubit)
        circuit.ry(0.2 * qubit, qubit)
    observables = [*(f"{'I' * (4 - q)}Z{'I' * q}" for q in range(5)), "XIIII", "XYIZX"]
    found = Estimator(quiet(device()), {"seed": 3}).run([(circuit, observables)]).result()[0]
    within(found.data, expected([(circuit, observables)]))


def test_parameters_that_translation_removes_are_not_missed():
    angle, other = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1)
    circuit.rz(angle, 0)
    circuit.rz(-angle, 0)
    circuit.ry(other, 0)
    found = Estimator(quiet(device())).run([(circuit, "Z", [0.5, np.pi])]).result()[0]
    assert found.data.evs == -1


@pytest.mark.filterwarnings("ignore:.*measures nothing")
def test_circuits_that_measure_nothing_are_not_sent():
    queue = Queue()
    empty, zeros = Sampler(queue).run([QuantumCircuit(1), QuantumCircuit(1, 2)]).result()
    assert len(empty.data) == 0
    assert zeros.data.c.get_counts() == {"00": 1024}
    assert queue.jobs == []


def test_a_queue_gets_few_jobs_of_many_pubs():
    queue = Queue()
    circuits = [QuantumCircuit(1, metadata={"n": n}) for n in range(6)]
    for angle, circuit in enumerate(circuits):
        circuit.ry(angle, 0)
    Estimator(queue).run([(circuit, ["Z", "X"]) for circuit in circuits]).result()
    assert [size for size, _ in queue.jobs] == [12]


def test_the_limit_of_circuits_in_a_job_is_kept():
    queue = Queue(max_circuits=4)
    pub = (ANSATZ, ["ZZI", "XXI"], np.zeros((5, 1, ANSATZ.num_parameters)))
    Estimator(queue).run([pub]).result()
    assert [size for size, _ in queue.jobs] == [4, 4, 2]


def test_the_limit_of_circuits_holds_across_pubs():
    queue = Queue(max_circuits=3)
    circuits = [QuantumCircuit(1) for _ in range(4)]
    for angle, circuit in enumerate(circuits):
        circuit.ry(angle, 0)
    Estimator(queue).run([(circuit, ["Z", "X"]) for circuit in circuits]).result()
    assert [size for size, _ in queue.jobs] == [2, 2, 2, 2]


def test_pubs_of_different_shots_are_different_jobs():
    queue = Queue()
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    first, second = Sampler(queue).run([(circuit, None, 10), (circuit, None, 20)]).result()
    assert (first.data.meas.num_shots, second.data.meas.num_shots) == (10, 20)
    assert [options["shots"] for _, options in queue.jobs] == [10, 20]


def test_a_job_that_fails_is_reported_with_the_backends_words():
    job = Estimator(Queue(fails=True)).run([(QuantumCircuit(1), "Z")])
    with pytest.raises(EngineError, match=r"pub 0: the backend queue failed: the fridge is warm"):
        job.result()


def test_what_cannot_be_translated_is_refused_with_the_transpilers_words():
    circuit = QuantumCircuit(1)
    circuit.append(Gate("mystery", 1, []), [0])
    with pytest.raises(UnsupportedError, match=r"pub 0: the circuit cannot be .*mystery"):
        Estimator(quiet(device())).run([(circuit, "Z")])


def test_a_circuit_wider_than_the_device_is_refused():
    with pytest.raises(RequestError, match=r"pub 0: the circuit has 9 qubits, .* has 5"):
        Estimator(device()).run([(QuantumCircuit(9), "Z" * 9)])


def test_shots_over_the_limit_are_refused():
    with pytest.raises(RequestError, match=r"10000 shots .* backend queue draws at most 4000"):
        Estimator(Queue(max_shots=4000)).run([(QuantumCircuit(1), "Z")], precision=0.01)


def test_exact_values_are_refused():
    with pytest.raises(RequestError, match=r"pub 0: precision 0 asks for exact values"):
        Estimator(BasicSimulator()).run([(QuantumCircuit(1), "Z")], precision=0)


def test_control_flow_that_the_backend_does_not_have_is_refused():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(0)
    with pytest.raises(UnsupportedError, match="pub 0: the circuit has 'if_else'"):
        Sampler(BasicSimulator()).run([circuit])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"simulator": {"method": "statevector"}}, "simulator.method has no effect"),
        ({"execution": {"engine": "batched"}}, "execution.engine: found 'batched'"),
    ],
)
def test_options_that_a_backend_cannot_honour_are_refused(options, words):
    with pytest.raises(UnsupportedError, match=words):
        Estimator(BasicSimulator(), options).run([(QuantumCircuit(1), "Z")])


def test_control_flow_runs_where_the_backend_has_it():
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    data = Sampler(AerSimulator()).run([circuit], shots=10).result()[0].data
    assert data.c.get_counts() == {"11": 10}


def test_a_backend_has_its_own_default_precision():
    assert Estimator(BasicSimulator()).default_precision == 0.015625
    assert Estimator(BasicSimulator(), {"default_precision": 0.1}).default_precision == 0.1
