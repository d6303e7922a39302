import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.cluster.engines.backend_placement import Placements, is_native
from shoal.primitives import Estimator
from shoal.primitives.errors import UnsupportedError

from ...primitives.requests import ansatz, estimator_request

LINE = [[0, 1], [1, 2], [2, 3], [3, 4]]


def device():
    return GenericBackendV2(5, seed=1, coupling_map=LINE, noise_info=False)


def misread_device():
    """Qubits 3 and 4 are misread, each in its own way; 0 to 2 are not."""
    noise = NoiseModel(basis_gates=["cx", "rz", "sx", "x"])
    noise.add_readout_error(ReadoutError([[0.98, 0.02], [0.1, 0.9]]), [3])
    noise.add_readout_error(ReadoutError([[0.85, 0.15], [0.05, 0.95]]), [4])
    return AerSimulator(noise_model=noise, coupling_map=LINE)


def test_an_observable_moves_with_its_qubits():
    circuit = ansatz(2)
    request = estimator_request([circuit], [(0, ["XZ", "0I"], [0.1, 0.2], 0.1)])
    placed = Placements(device()).request(request)
    (pub,), (found,) = placed.pubs, placed.circuits
    low, high = found.layout.final_index_layout()
    assert found.num_qubits == 5
    (term,) = pub.observables[0].terms
    assert (term[4 - low], term[4 - high]) == ("Z", "X")
    assert pub.observables[1].terms[0][4 - high] == "0"


def test_parameters_that_translation_removes_are_taken_out():
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1)
    circuit.rz(a, 0)
    circuit.ry(b, 0)
    circuit.rz(a, 0)
    circuit.rz(-a, 0)
    request = estimator_request([circuit], [(0, "Z", [[1.0, 2.0]], 0.1)])
    placed = Placements(device()).request(request)
    names = [parameter.name for parameter in placed.circuits[0].parameters]
    assert placed.pubs[0].parameters.tolist() == [[{"a": 1.0, "b": 2.0}[name] for name in names]]


def test_a_native_circuit_is_left_alone():
    backend = device()
    native = generate_preset_pass_manager(1, backend).run(ansatz(2))
    request = estimator_request([native], [(0, "IIIZZ", [0.1, 0.2], 0.1)])
    assert is_native(native, backend)
    assert Placements(backend).request(request).circuits == (native,)


@pytest.mark.parametrize(
    ("circuit", "backend", "native"),
    [
        (QuantumCircuit(2), BasicSimulator(), True),
        (QuantumCircuit(2), device(), False),
        (QuantumCircuit(5), device(), True),
    ],
)
def test_a_narrow_circuit_waits_for_its_place(circuit, backend, native):
    circuit.barrier()
    assert is_native(circuit, backend) is native


def test_the_readout_is_calibrated_on_the_qubits_that_are_read():
    backend = misread_device()
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    manager = generate_preset_pass_manager(0, backend, initial_layout=[4, 3])
    placed = manager.run(circuit)
    observable = SparsePauliOp(["IZ", "ZI", "ZZ"]).apply_layout(placed.layout)
    options = {"seed": 1, "default_precision": 0.02, "resilience": {"measure_mitigation": True}}
    pub = (placed, list(observable.paulis))
    found = Estimator(backend, options).run([pub]).result()[0].data
    assert (np.abs(found.evs - [-1, -1, 1]) <= 5 * found.stds).all()
    raw = Estimator(backend, {"seed": 1, "default_precision": 0.02}).run([pub]).result()[0].data
    assert (np.abs(raw.evs - [-1, -1, 1]) > 5 * raw.stds).all()


def test_noise_of_layers_needs_a_circuit_that_has_its_place():
    gates, generators = [["cx", [0, 1]]], [["XX", [0, 1]]]
    layers = [{"gates": gates, "generators": generators, "rates": [0.01]}]
    options = {"resilience": {"pec_mitigation": True, "layer_noise_model": layers}}
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    with pytest.raises(UnsupportedError, match="pub 0: a noise model of layers speaks of"):
        Estimator(device(), options).run([(circuit, "ZZ")])
