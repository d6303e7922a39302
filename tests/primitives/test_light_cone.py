"""What cannot influence what is read is left out, with its noise, and changes nothing."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives import Estimator, Sampler
from shoal.primitives.light_cone import in_light_cone


def noise() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry"])
    model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    return model


def bricks(width: int, layers: int = 2) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.ry(0.3 + 0.1 * qubit + layer, qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


def test_the_cone_of_one_qubit():
    kept, cone = in_light_cone(bricks(9), [3])
    assert cone == (2, 3, 4, 5)
    assert [one.name for one in kept].count("cx") == 3


def test_the_order_of_gates_matters():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    assert in_light_cone(circuit, [0]) == ([circuit.data[0]], (0, 1))
    assert in_light_cone(circuit, [2])[1] == (0, 1, 2)


@pytest.mark.parametrize("label", ["Z", "XZ", "YX"])
def test_values_are_those_of_the_whole_circuit(label):
    options = {"simulator": {"noise_model": noise()}}
    pub = bricks(7), "I" * (7 - len(label)) + label
    found = Estimator(options=options).run([pub], precision=0).result()[0]
    aer = {**options, "execution": {"engine": "aer"}}
    whole = Estimator(options=aer).run([pub], precision=0).result()[0]
    assert found.metadata["shoal"]["engine"] != whole.metadata["shoal"]["engine"]
    np.testing.assert_allclose(found.data.evs, whole.data.evs, atol=1e-10)


def test_two_readings_of_one_circuit_have_a_cone_each():
    options = {"simulator": {"noise_model": noise()}}
    circuit = QuantumCircuit(2)
    circuit.ry(0.4, 0)
    circuit.cx(0, 1)
    circuit.ry(0.7, 1)
    run = Estimator(options=options).run
    for label in ("IZ", "ZI"):
        (both,) = run([(circuit, ["IZ", "ZI"])], precision=0).result()
        (alone,) = run([(circuit, label)], precision=0).result()
        np.testing.assert_allclose(alone.data.evs, both.data.evs[int(label == "ZI")], atol=1e-12)


def test_a_wide_noisy_circuit_with_a_local_observable_is_exact():
    options = {"simulator": {"noise_model": noise()}}
    found = [
        Estimator(options=options).run([(bricks(width), "I" * (width - 1) + "Z")], precision=0)
        for width in (5, 60)
    ]
    narrow, wide = (job.result()[0].data.evs for job in found)
    np.testing.assert_allclose(wide, narrow, atol=1e-12)


def test_shots_of_some_qubits_of_a_wide_circuit():
    circuit = bricks(40)
    circuit.add_register(*QuantumCircuit(0, 2).cregs)
    circuit.measure([11, 10], [0, 1])
    options = {"seed": 3, "simulator": {"noise_model": noise()}}
    (found,) = Sampler(options=options).run([circuit], shots=40_000).result()
    labels = ["I" * (39 - qubit) + "Z" + "I" * qubit for qubit in (11, 10)]
    exact = Estimator(options=options).run([(bricks(40), labels)], precision=0).result()[0]
    bits = next(iter(found.data.values())).to_bool_array(order="little")
    assert np.abs(1 - 2 * bits.mean(axis=0) - exact.data.evs).max() < 0.025
