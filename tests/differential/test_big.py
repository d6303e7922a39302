"""Big circuits through both doors: states of 22 to 24 qubits, 127 qubits without amplitudes."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from shoal.primitives import Estimator, Sampler

ANGLES = np.array([0.4, 1.9])


def tree(width: int) -> QuantumCircuit:
    """cos |0...0> + sin |1...1>: everything is known of it, and all qubits are entangled."""
    angle = Parameter("a")
    circuit = QuantumCircuit(width)
    circuit.ry(2 * angle, 0)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def ends(width: int) -> list[SparsePauliOp]:
    """Z Z on the ends, Z on one qubit, and X on all."""
    return [
        SparsePauliOp.from_sparse_list([("ZZ", [0, width - 1], 1.0)], num_qubits=width),
        SparsePauliOp.from_sparse_list([("Z", [width // 2], 1.0)], num_qubits=width),
        SparsePauliOp("X" * width),
    ]


def expected(angles: np.ndarray) -> np.ndarray:
    return np.array([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)]).T


def check_both_doors(
    width: int, method: str, angles: np.ndarray, *, is_asked: bool = False, **simulator
) -> None:
    simulator |= {"method": method} if is_asked else {}
    circuit, options = tree(width), {"seed": 3, "simulator": simulator}
    pub = (circuit, ends(width), angles[:, None, None])
    exact = Estimator(options=options).run([pub], precision=0).result()[0]
    np.testing.assert_allclose(exact.data.evs, expected(angles), atol=1e-5)
    assert exact.metadata["shoal"]["method"] == method
    drawn = Estimator(options=options).run([pub], precision=0.05).result()[0].data
    spread = np.abs(drawn.evs - expected(angles))
    assert (spread <= 5 * drawn.stds + 1e-9).all()

    measured = circuit.copy()
    measured.measure_all()
    found = Sampler(options=options).run([(measured, angles[:, None])], shots=400).result()[0]
    assert found.metadata["shoal"]["method"] == method
    for row, angle in enumerate(angles):
        counts = found.data.meas[row].get_counts()
        assert set(counts) <= {"0" * width, "1" * width}
        ones = counts.get("1" * width, 0) / 400
        assert abs(ones - np.sin(angle) ** 2) <= 5 * np.sqrt(0.25 / 400)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_states_of_22_qubits(precision):
    check_both_doors(22, "statevector", ANGLES[:1], precision=precision, is_asked=True)


@pytest.mark.slow
def test_states_of_24_qubits():
    check_both_doors(24, "statevector", ANGLES[:1], precision="single", is_asked=True)


def test_127_clifford_qubits():
    check_both_doors(127, "stabilizer", np.array([0.0, np.pi / 4, np.pi / 2]))


def test_127_shallow_qubits():
    check_both_doors(127, "matrix_product_state", ANGLES)
