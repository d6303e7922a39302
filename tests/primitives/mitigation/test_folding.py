"""Folding: the same unitary, more gates, and the factor that was really reached."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator
from qiskit_aer.noise import depolarizing_error

from shoal.primitives.errors import OptionError, RequestError
from shoal.primitives.mitigation.folding import amplify

from .test_mitigated_estimator import estimate, gate_noise, ghz

AMPLIFIERS = (
    "gate_folding",
    "gate_folding_front",
    "gate_folding_back",
    "global_folding",
    "identity_insertion",
)


def example():
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rzz(0.3, 1, 2)
    circuit.ecr(0, 2)
    circuit.t(1)
    return circuit


@pytest.mark.parametrize("amplifier", AMPLIFIERS)
@pytest.mark.parametrize("factor", [1.0, 1.2, 2.0, 3.0, 4.5])
def test_an_amplified_circuit_does_the_same(amplifier, factor):
    found = amplify(example(), factor, amplifier, seed=3)
    assert Operator(found.circuit).equiv(Operator(example()))
    assert found.factor >= 1


@pytest.mark.parametrize("amplifier", AMPLIFIERS[:3])
def test_the_effective_factor_counts_gates(amplifier):
    found = amplify(example(), 1.2, amplifier, seed=3)
    assert found.factor == pytest.approx(5 / 3)
    gates = sum(found.circuit.count_ops().get(name, 0) for name in ("cx", "rzz", "ecr"))
    assert gates / 3 == pytest.approx(found.factor)


def test_global_folding_counts_all_gates():
    found = amplify(example(), 1.8, "global_folding", seed=0)
    gates = sum(n for name, n in found.circuit.count_ops().items() if name != "barrier")
    assert gates / 5 == pytest.approx(found.factor) == pytest.approx(1.8)


def test_nothing_cancels_when_the_folded_circuit_is_transpiled():
    found = amplify(example(), 3, "gate_folding", seed=0).circuit
    optimised = transpile(found, basis_gates=["cx", "rz", "sx", "ecr", "rzz"], optimization_level=3)
    for name in ("cx", "rzz", "ecr"):
        assert optimised.count_ops()[name] == 3


def test_front_and_back_choose_the_first_and_the_last_gate():
    front, back = (
        amplify(example(), 1.2, f"gate_folding_{side}", seed=0).circuit.count_ops()
        for side in ("front", "back")
    )
    assert (front["cx"], front["ecr"], back["cx"], back["ecr"]) == (3, 1, 1, 3)


def test_parameters_stay():
    theta = Parameter("t")
    circuit = QuantumCircuit(2)
    circuit.rzz(theta, 0, 1)
    folded = amplify(circuit, 3, "gate_folding", seed=0).circuit
    assert list(folded.parameters) == [theta]
    assert Operator(folded.assign_parameters([0.4])).equiv(
        Operator(circuit.assign_parameters([0.4]))
    )


def test_the_same_seed_folds_the_same_gates():
    circuit = QuantumCircuit(2)
    for _ in range(9):
        circuit.cx(0, 1)
        circuit.h(0)
    first, again, other = (amplify(circuit, 2, "gate_folding", seed=s).circuit for s in (1, 1, 2))
    assert first == again != other


def test_measurements_stay_at_the_end():
    circuit = example()
    circuit.measure_all()
    for amplifier in ("gate_folding", "global_folding", "identity_insertion"):
        names = [item.name for item in amplify(circuit, 3, amplifier, seed=0).circuit.data]
        assert names[-3:] == ["measure"] * 3


def test_gate_folding_passes_mid_circuit_measurements_by():
    circuit = QuantumCircuit(2, 1)
    circuit.cx(0, 1)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    assert amplify(circuit, 3, "gate_folding", seed=0).circuit.count_ops()["cx"] == 6
    with pytest.raises(RequestError, match="'cx' follows a measurement"):
        amplify(circuit, 3, "global_folding", seed=0)


def test_a_factor_below_one_is_refused():
    with pytest.raises(RequestError, match=r"noise factor 0\.5 is below 1"):
        amplify(example(), 0.5, "gate_folding", seed=0)


def test_a_circuit_without_two_qubit_gates_is_refused():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    with pytest.raises(RequestError, match=r"no two-qubit gate among \['h'\]"):
        amplify(circuit, 3, "gate_folding", seed=0)


def test_control_flow_is_refused():
    circuit = QuantumCircuit(2, 1)
    circuit.cx(0, 1)
    with circuit.if_test((0, 1)):
        circuit.cx(0, 1)
    with pytest.raises(RequestError, match="cannot treat if_else"):
        amplify(circuit, 3, "gate_folding", seed=0)


def test_identity_layers_are_spread_over_the_circuit():
    found = amplify(example(), 2, "identity_insertion", seed=0)
    assert found.factor == 2
    assert found.circuit.count_ops()["id"] == 3 * np.max([1, 4])


def test_identities_that_no_noise_follows_are_refused():
    zne = {"amplifier": "identity_insertion", "extrapolator": "linear"}
    resilience = {"zne_mitigation": True, "zne": zne}
    model = gate_noise(0.1)
    with pytest.raises(OptionError, match="no noise on them, but on cx"):
        estimate((ghz(2), "XX"), 0.0, model, resilience=resilience)
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["id"])
    found = estimate((ghz(2), "XX"), 0.0, model, resilience=resilience)
    assert found.data.evs > found.data.evs_noise_factors[0]
