"""Costs know what is simulated and how; blocks stay short whatever a row costs."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import efficient_su2
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives.blocks import MAX_BLOCK_SECONDS, MIN_SLICE_SHOTS
from shoal.primitives.expansion import expand
from shoal.primitives.option_groups import ExecutionOptions, SimulatorOptions

from .requests import estimator_request


def noise_model():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    return noise


def readout_only():
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.03, 0.97]]))
    return noise


def workload_of(circuit, rows=20, precision=1 / 32, **simulator):
    values = np.zeros((rows, circuit.num_parameters))
    pub = (0, "Z" * circuit.num_qubits, values, precision)
    return expand(estimator_request([circuit], [pub], simulator=SimulatorOptions(**simulator)))


def row_seconds(*arguments, **simulator):
    (cost,) = workload_of(*arguments, **simulator).costs
    return cost.row_seconds()


def test_trajectories_cost_shots_times_gates():
    ansatz = efficient_su2(14, reps=2)
    assert row_seconds(ansatz, noise_model=noise_model()) > 100 * row_seconds(ansatz)


def test_noise_of_the_readout_alone_costs_nothing():
    ansatz = efficient_su2(14, reps=2)
    assert row_seconds(ansatz, noise_model=readout_only()) == row_seconds(ansatz)


def test_noise_that_meets_no_gate_costs_nothing():
    circuit = QuantumCircuit(14)
    circuit.h(range(14))
    assert row_seconds(circuit, noise_model=noise_model()) == row_seconds(circuit)


def test_a_gate_of_unknown_parts_may_be_noisy():
    inner, circuit = QuantumCircuit(14, name="mine"), QuantumCircuit(14)
    inner.cx(0, 1)
    circuit.append(inner.to_gate(), range(14))
    assert row_seconds(circuit, noise_model=noise_model()) > 10 * row_seconds(circuit)


def test_what_is_wide_costs_no_amplitudes():
    wide = QuantumCircuit(100)
    wide.h(range(100))
    assert row_seconds(wide) < 10
    narrow = efficient_su2(20, reps=2)
    assert row_seconds(narrow, 1, method="matrix_product_state") < row_seconds(narrow, 1)


@pytest.mark.parametrize("num_qubits", [13, 16, 20])
def test_blocks_of_trajectories_are_short(num_qubits):
    workload = workload_of(efficient_su2(num_qubits, reps=2), noise_model=noise_model())
    (cost,) = workload.costs
    for block in workload.blocks:
        seconds = (block.stop - block.start) * cost.row_seconds(block.slices)
        shots = block.shots_of(workload.variants[0])
        assert seconds <= MAX_BLOCK_SECONDS or shots < 2 * MIN_SLICE_SHOTS
    drawn = sum(
        block.shots_of(workload.variants[0]) for block in workload.blocks if not block.start
    )
    assert drawn == 1024


def test_exact_values_of_many_terms_do_not_fill_the_memory():
    circuit = efficient_su2(2, reps=1)
    labels = [f"{a}{b}" for a in "IXYZ" for b in "IXYZ"][1:]
    values = np.zeros((10**5, 1, circuit.num_parameters))
    workload = expand(estimator_request([circuit], [(0, labels, values, 0.0)]))
    assert max(block.stop - block.start for block in workload.blocks) * 15 <= 1 << 22


def bricks(width, layers):
    angles = ParameterVector("a", layers * width)
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.ry(angles[layer * width + qubit], qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


@pytest.mark.parametrize("width", [18, 24, 30, 127])
def test_exact_values_of_few_layers_cost_what_short_chains_do(width):
    workload = workload_of(bricks(width, 4), 1000, 0.0)
    assert workload.costs[0].row_seconds() < 2e-3
    assert len(workload.blocks) == 16


def test_a_chain_is_not_counted_on_where_none_is_taken():
    shallow = bricks(24, 4)
    of_chain = row_seconds(shallow, 20, 0.0)
    assert row_seconds(shallow, 20, 1 / 32) > 100 * of_chain
    assert row_seconds(shallow, 20, 0.0, method="statevector") > 100 * of_chain
    assert row_seconds(shallow, 20, 0.0, noise_model=readout_only()) > 100 * of_chain
    assert row_seconds(bricks(24, 9), 7, 0.0) > 10 * row_seconds(bricks(24, 9), 8, 0.0)


def test_a_longer_bond_costs_more_on_aers_chains():
    shallow, deep = bricks(40, 4), bricks(40, 16)
    assert row_seconds(deep, 2, 0.0) > 10 * row_seconds(shallow, 8, 1 / 4)


def test_cx_costs_kernels_nothing():
    circuit = efficient_su2(14, reps=2)
    tangled = efficient_su2(14, reps=2, entanglement="full")
    assert row_seconds(circuit) == row_seconds(tangled)
    assert row_seconds(efficient_su2(18, reps=2), 1) < row_seconds(
        efficient_su2(18, reps=2, entanglement="full"), 1
    )


def test_an_engine_that_was_asked_for_costs_what_it_does():
    circuit = efficient_su2(6, reps=2)
    values = np.zeros((500, circuit.num_parameters))
    pub = (0, "Z" * 6, values, 0.0)
    pinned = estimator_request([circuit], [pub], execution=ExecutionOptions(engine="aer"))
    (cost,) = expand(pinned).costs
    assert cost.row_seconds() > 50 * row_seconds(circuit, 500, 0.0)


def test_noise_outside_of_the_light_cone_costs_nothing():
    circuit = bricks(20, 2)
    values = np.zeros((20, circuit.num_parameters))
    local = estimator_request(
        [circuit],
        [(0, "I" * 18 + "ZZ", values, 0.0)],
        simulator=SimulatorOptions(noise_model=noise_model()),
    )
    (cost,) = expand(local).costs
    assert cost.row_seconds() < 1e-2


def test_blocks_do_not_depend_on_whether_parameters_happen_to_be_clifford():
    circuit = bricks(24, 6)
    pubs = [(0, "Z" * 24, np.full((20, circuit.num_parameters), x), 1 / 8) for x in (0.0, 0.3)]
    clifford, other = (expand(estimator_request([circuit], [pub])) for pub in pubs)
    assert clifford.blocks == other.blocks
