"""What Aer gets wrong, smallest reproducers: each is worked around, see docs/engines.md.

A test here that fails is good news: Aer was mended, and the way around it may go.
"""

import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CSwapGate, Initialize
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, pauli_error

A = Parameter("a")


def states(circuit: QuantumCircuit, method: str = "statevector", binds=None) -> list[np.ndarray]:
    saved = circuit.copy()
    saved.save_statevector()
    result = AerSimulator(method=method).run([saved], parameter_binds=binds, shots=1).result()
    return [np.asarray(one.data.statevector) for one in result.results]


def test_parameters_of_controlled_gates_are_overlooked():
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.cp(A, 0, 1)

    (found,) = states(circuit, binds=[{A: [np.pi]}])

    np.testing.assert_allclose(found, np.full(4, 0.5), atol=1e-12)  # as if the angle were 0


def test_open_controls_flip_a_target_of_swap():
    circuit = QuantumCircuit(3)
    circuit.ry(0.5, 1)
    circuit.append(CSwapGate(ctrl_state=0), [0, 1, 2])

    (found,) = states(circuit)

    assert abs(np.vdot(found, Statevector(circuit).data)) < 0.99


def test_global_phases_are_those_of_the_row_before():
    circuit = QuantumCircuit(1, global_phase=A)
    circuit.id(0)

    found = states(circuit, binds=[{A: [1.0, 2.0]}])

    np.testing.assert_allclose([one[0] for one in found], [1.0, np.exp(1j)])


def test_initial_states_of_some_qubits_are_not_normalised_as_matrix_product_states():
    amplitudes = np.array([0.5, 0.5j, -0.1, 0.7])
    circuit = QuantumCircuit(3)
    circuit.append(Initialize(amplitudes / np.linalg.norm(amplitudes)), [0, 1])

    (found,) = states(circuit, "matrix_product_state")

    assert np.linalg.norm(found) > 1.1


def test_operators_spread_where_qubits_are_left_out():
    circuit = QuantumCircuit(3)
    circuit.x(2)
    circuit.id(0)
    circuit.save_expectation_value(SparsePauliOp("Z"), [0], label="first")
    circuit.save_expectation_value(SparsePauliOp("Z"), [2], label="last")

    found = AerSimulator(method="statevector").run(circuit, shots=1).result().data(0)

    assert found == {"first": -1.0, "last": -1.0}  # qubit 1 is left out; 'first' should be 1


def test_rows_share_trajectories():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 0.5), ("I", 0.5)]), "id")
    circuit = QuantumCircuit(1)
    circuit.id(0)
    circuit.rz(A, 0)
    circuit.measure_all()
    simulator = AerSimulator(method="statevector", noise_model=model)

    result = simulator.run(
        [circuit], parameter_binds=[{A: [0.1, 0.2]}], shots=2200, seed_simulator=5, memory=True
    ).result()

    one, other = result.get_memory(0), result.get_memory(1)
    assert one[2113:] == other[: 2200 - 2113]


def test_correlated_readout_is_ignored():
    model = NoiseModel()
    model.add_readout_error(ReadoutError(np.eye(4)[::-1]), [0, 1])
    circuit = QuantumCircuit(2)
    circuit.measure_all()

    counts = AerSimulator(noise_model=model).run(circuit, shots=50).result().get_counts()

    assert counts == {"00": 50}


def test_noise_of_pauli_gates_is_ignored():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 1.0)]), "pauli")
    circuit = QuantumCircuit(1)
    circuit.pauli("Z", [0])
    circuit.measure_all()

    counts = AerSimulator(noise_model=model).run(circuit, shots=50).result().get_counts()

    assert counts == {"0": 50}


def test_gates_are_known_by_their_name_alone():
    inner = QuantumCircuit(1, name="h")
    inner.x(0)
    circuit = QuantumCircuit(1)
    circuit.append(inner.to_gate(), [0])

    (found,) = states(circuit)

    np.testing.assert_allclose(np.abs(found) ** 2, [0.5, 0.5])


@pytest.mark.slow
def test_loops_on_what_is_not_measured_afterwards_lose_their_end():
    circuit = QuantumCircuit(2, 2)
    with circuit.while_loop((0, 0)):
        circuit.h(0)
        circuit.measure(0, 0)
    circuit.measure(1, 1)

    result = AerSimulator().run(circuit, shots=1).result()

    assert "Invalid jump destination" in result.status


def test_classical_variables_end_the_process():
    code = (
        "from qiskit import QuantumCircuit\n"
        "from qiskit.circuit.classical import expr, types\n"
        "from qiskit_aer import AerSimulator\n"
        "c = QuantumCircuit(1, 1)\n"
        "s = c.add_var('s', expr.lift(0, types.Uint(2)))\n"
        "with c.if_test(expr.equal(s, 0)):\n    c.x(0)\n"
        "c.measure(0, 0)\n"
        "AerSimulator(method='statevector').run(c).result()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )

    assert found.returncode < 0  # by a signal
    assert "terminate called" in found.stderr
