import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import BackendSamplerV2, StatevectorEstimator, StatevectorSampler
from qiskit.providers.basic_provider import BasicSimulator

from shoal.cluster import Queues
from shoal.primitives import Estimator, Sampler

ANSATZ = real_amplitudes(3, reps=1)
ANGLES = np.linspace(0.1, 2.0, 2 * ANSATZ.num_parameters).reshape(2, -1)
SAMPLERS = {
    "statevector": lambda: StatevectorSampler(seed=1),
    "backend": lambda: BackendSamplerV2(backend=BasicSimulator()),
}
ENGINE = {"execution": {"engine": "vendor"}}


@pytest.fixture(params=SAMPLERS)
def mode(request):
    return Queues({"vendor": SAMPLERS[request.param]()})


def test_values_behind_a_sampler_agree_with_exact_ones(mode):
    pub = (ANSATZ, [["ZZI"], ["IXX"]], ANGLES)
    found = Estimator(mode, ENGINE).run([pub], precision=0.03).result()[0].data
    exact = StatevectorEstimator().run([pub]).result()[0].data.evs
    assert (np.abs(found.evs - exact) <= 5 * found.stds).all()


def test_shots_of_several_registers_come_back_in_their_own(mode):
    low, high = ClassicalRegister(1, "low"), ClassicalRegister(2, "high")
    circuit = QuantumCircuit(QuantumRegister(2), low, high)
    circuit.x(0)
    circuit.measure([0, 0], [0, 2])
    data = Sampler(mode, ENGINE).run([circuit], shots=20).result()[0].data
    assert data.low.get_counts() == {"1": 20}
    assert data.high.get_counts() == {"10": 20}


def test_bits_outside_of_registers_are_no_obstacle():
    from shoal.cluster.queues.sampler_queue import in_one_register

    one = ClassicalRegister(2, "one")
    circuit = QuantumCircuit(QuantumRegister(1), one, ClassicalRegister(bits=[one[1]], name="same"))
    circuit.measure(0, 1)
    whole = in_one_register(circuit)
    assert [register.size for register in whole.cregs] == [2]


def test_local_mode_of_ibms_runtime_is_a_queue():
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    runtime = pytest.importorskip("qiskit_ibm_runtime.executor_sampler")
    mode = Queues({"vendor": runtime.Sampler(mode=fakes.FakeManilaV2())})
    found = Estimator(mode, ENGINE).run([(ANSATZ, "ZZZ", ANGLES[0])], precision=0.05).result()[0]
    exact = StatevectorEstimator().run([(ANSATZ, "ZZZ", ANGLES[0])]).result()[0].data.evs
    assert abs(found.data.evs - exact) < 0.4
    assert found.metadata["shoal"]["method"] == "vendor"
