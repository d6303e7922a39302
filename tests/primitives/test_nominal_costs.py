"""Costs know what is simulated and how; blocks stay short whatever a row costs."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.primitives.blocks import MAX_BLOCK_SECONDS, MIN_SLICE_SHOTS
from shoal.primitives.expansion import expand
from shoal.primitives.option_groups import SimulatorOptions

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
    assert row_seconds(narrow, method="matrix_product_state") < row_seconds(narrow)


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
