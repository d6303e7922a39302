import copy
import pickle

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import BaseSamplerV2, BitArray, PrimitiveResult, SamplerPubResult
from qiskit.quantum_info import Statevector

from shoal.primitives import Sampler
from shoal.primitives.errors import RequestError, UnsupportedError


def sample(circuit, values=None, shots=1000, seed=1):
    return Sampler(options={"seed": seed}).run([(circuit, values, shots)]).result()[0].data


def ansatz():
    circuit = real_amplitudes(3, reps=2)
    circuit.measure_all()
    return circuit


def probabilities(values):
    return Statevector(real_amplitudes(3, reps=2).assign_parameters(values)).probabilities()


def within(array, index, wanted):
    """Each count within 5 standard errors of a binomial's mean."""
    counts = array.get_int_counts(index)
    shots = array.num_shots
    for outcome, chance in enumerate(wanted):
        spread = np.sqrt(shots * chance * (1 - chance)) + 1e-6
        assert abs(counts.get(outcome, 0) - shots * chance) <= 5 * spread


def test_a_sampler_is_qiskits():
    result = Sampler().run([(ansatz(), [0.1] * 9)]).result()
    assert isinstance(Sampler(), BaseSamplerV2)
    assert isinstance(result, PrimitiveResult)
    assert isinstance(result[0], SamplerPubResult)
    assert isinstance(result[0].data.meas, BitArray)
    assert result.metadata == {"version": 2}


def test_metadata_says_what_was_asked_and_what_ran():
    circuit = ansatz()
    circuit.metadata = {"a": 1}
    (found,) = Sampler().run([(circuit, [0.1] * 9, 7)]).result()
    assert found.metadata["shots"] == 7
    assert found.metadata["circuit_metadata"] == {"a": 1}
    assert {"engine", "method"} <= set(found.metadata["shoal"])


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3)])
def test_shots_of_every_parameter_set_follow_its_probabilities(shape, rng):
    values = rng.uniform(-3, 3, (*shape, 9))
    array = sample(ansatz(), values).meas
    assert (array.shape, array.num_shots, array.num_bits) == (shape, 1000, 3)
    for index in np.ndindex(shape):
        within(array, index, probabilities(values[index]))


def test_no_parameter_sets_are_no_shots():
    assert sample(ansatz(), np.zeros((0, 9))).meas.shape == (0,)


def test_registers_are_told_apart():
    circuit = QuantumCircuit(
        QuantumRegister(3), ClassicalRegister(1, "a"), ClassicalRegister(9, "b")
    )
    circuit.x([0, 2])
    circuit.measure([0, 1, 2], [0, 1, 9])
    data = sample(circuit, shots=10)
    assert data.a.get_counts() == {"1": 10}
    assert data.b.get_counts() == {"100000000": 10}


def test_a_shot_of_two_registers_is_one_shot():
    circuit = QuantumCircuit(
        QuantumRegister(2), ClassicalRegister(1, "a"), ClassicalRegister(1, "b")
    )
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    data = sample(circuit)
    np.testing.assert_array_equal(data.a.array, data.b.array)


def test_aliased_and_empty_registers():
    circuit = QuantumCircuit(2, 2)
    circuit.add_register(ClassicalRegister(bits=[circuit.clbits[1]], name="alias"))
    circuit.add_register(ClassicalRegister(0, "empty"))
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    data = sample(circuit, shots=5)
    assert (data.c.get_counts(), data.alias.get_counts()) == ({"10": 5}, {"1": 5})
    assert data.empty.array.shape == (5, 0)


def test_measurements_on_the_way_and_control_flow():
    circuit = QuantumCircuit(2, 3)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    circuit.reset(0)
    circuit.measure(0, 2)
    counts = sample(circuit).c.get_counts()
    assert set(counts) == {"000", "011"}
    assert abs(counts["011"] - 500) < 5 * np.sqrt(250)


def test_a_loop_over_parameters_runs():
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(3)):
        circuit.x(0)
    circuit.measure(0, 0)
    assert sample(circuit, shots=10).c.get_counts() == {"1": 10}


def test_a_wide_circuit_of_few_gates():
    circuit = QuantumCircuit(70)
    circuit.x([0, 69])
    circuit.measure_all()
    counts = sample(circuit, shots=3).meas.get_int_counts()
    assert counts == {1 + (1 << 69): 3}


def test_the_same_seed_gives_the_same_shots():
    values = [0.3] * 9
    first, second = (sample(ansatz(), values).meas.array for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (sample(ansatz(), values, seed=2).meas.array != first).any()


def test_equal_pubs_of_one_run_draw_their_own_shots():
    circuit = ansatz()
    first, second = Sampler(options={"seed": 1}).run([(circuit, [0.3] * 9)] * 2).result()
    assert (first.data.meas.array != second.data.meas.array).any()


def test_shots_come_in_no_order():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()
    bits = sample(circuit).meas.array.reshape(-1)
    half = bits[:500].sum()
    assert abs(int(half) - 250) < 5 * np.sqrt(125)


def test_shots_of_the_pub_the_call_and_the_default():
    circuit = ansatz()
    sampler = Sampler(options={"default_shots": 30})
    pubs = [(circuit, [0.1] * 9, 10), (circuit, [0.1] * 9)]
    called = sampler.run(pubs, shots=20).result()
    assert [one.data.meas.num_shots for one in called] == [10, 20]
    assert sampler.run(pubs).result()[1].data.meas.num_shots == 30


def test_the_default_is_that_of_qiskits_own_samplers():
    assert Sampler().default_shots == 1024


@pytest.mark.parametrize("method", ["automatic", "matrix_product_state", "stabilizer"])
@pytest.mark.parametrize("circuit", [QuantumCircuit(2), QuantumCircuit(2, 2)])
def test_a_circuit_that_measures_nothing_is_warned_of(circuit, method):
    sampler = Sampler(options={"simulator": {"method": method}})
    with pytest.warns(UserWarning, match="pub 0: the circuit .* measures nothing"):
        data = sampler.run([circuit], shots=5).result()[0].data
    assert [one.get_counts() for one in data.values()] == [{"00": 5}] * len(circuit.cregs)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_sampler_copies_and_pickles(copied):
    sampler = Sampler(options={"seed": 5})
    pub = (ansatz(), [0.3] * 9)
    first, second = (one.run([pub]).result()[0] for one in (sampler, copied(sampler)))
    np.testing.assert_array_equal(first.data.meas.array, second.data.meas.array)


@pytest.mark.parametrize("shots", [0, -1])
def test_impossible_shots_are_refused_at_run(shots):
    with pytest.raises(RequestError, match="pub 0: shots must be positive"):
        Sampler().run([ansatz()], shots=shots)


def test_what_is_not_built_yet_is_refused_at_run():
    sampler = Sampler(options={"dynamical_decoupling": {"enable": True}})
    with pytest.raises(UnsupportedError, match=r"dynamical_decoupling.enable=True"):
        sampler.run([ansatz()])
