"""What circuits may hold beyond the standard gates, and what they may not."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Gate,
    InverseModifier,
    Parameter,
    PowerModifier,
)
from qiskit.circuit.library import (
    AndGate,
    C4XGate,
    CUGate,
    DiagonalGate,
    HamiltonianGate,
    Isometry,
    LinearFunction,
    MCMTGate,
    MCPhaseGate,
    MCXGate,
    ModularAdderGate,
    PauliEvolutionGate,
    PauliGate,
    PermutationGate,
    QFTGate,
    RXXGate,
    RYGate,
    RZZGate,
    SGate,
    StatePreparation,
    SwapGate,
    SXGate,
    UCGate,
    UGate,
    UnitaryGate,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford, random_statevector, random_unitary

from shoal.cluster.engines.batched import CannotCompile, compile_circuit, states

A, B = Parameter("a"), Parameter("b")


class Unnamed(Gate):
    """A gate of the user's own that is only a matrix."""

    def __init__(self) -> None:
        super().__init__("unnamed", 2, [])

    def __array__(self, dtype=None, copy=None):
        return np.asarray(random_unitary(4, seed=3).data, dtype=dtype)


LIBRARY = [
    MCXGate(5),
    MCXGate(6, ctrl_state=13),
    C4XGate(),
    MCPhaseGate(A * B + 1, 5),
    MCPhaseGate(A, 7),
    RYGate(A).control(3, ctrl_state=2, annotated=False),
    UGate(A, B, A + B).control(2, annotated=False),
    RXXGate(A).control(2, annotated=False),
    RZZGate(A).control(1, ctrl_state=0, annotated=False),
    SXGate().control(4, annotated=False),
    SwapGate().control(2, ctrl_state=1, annotated=False),
    CUGate(A, B, A - B, 2 * A).control(2, annotated=False),
    MCMTGate(RYGate(A), 2, 2),
    UnitaryGate(random_unitary(2, seed=1)),
    UnitaryGate(random_unitary(4, seed=1)),
    UnitaryGate(random_unitary(16, seed=1)),
    UnitaryGate(random_unitary(32, seed=1)),
    UnitaryGate(random_unitary(2, seed=1)).control(2, ctrl_state=1, annotated=False),
    UnitaryGate(random_unitary(4, seed=1)).control(1, annotated=False),
    UCGate([random_unitary(2, seed=seed).data for seed in range(4)]),
    DiagonalGate(np.exp(1j * np.arange(16))),
    HamiltonianGate(np.array([[1, 0.3], [0.3, -1]]), time=0.7),
    PermutationGate([3, 1, 0, 2, 4]),
    PauliGate("XYZ"),
    QFTGate(4),
    LinearFunction([[1, 1, 0], [0, 1, 1], [0, 0, 1]]),
    AnnotatedOperation(SGate(), [InverseModifier(), ControlModifier(2, 1), PowerModifier(3)]),
    RYGate(A).control(2, ctrl_state=1, annotated=True),
    RXXGate(A * B).control(1, annotated=True),
    random_clifford(3, seed=1),
    ModularAdderGate(2),
    AndGate(3),
    Isometry(random_unitary(4, seed=3).data, 0, 0),
    StatePreparation(random_statevector(8, seed=1).data),
    Unnamed(),
]


@pytest.mark.parametrize("operation", LIBRARY, ids=lambda operation: operation.name)
def test_library(operation, rng, between_scrambles, exact_states):
    circuit = QuantumCircuit(operation.num_qubits + 1)
    circuit.append(operation, range(operation.num_qubits))
    circuit = between_scrambles(circuit)
    rows = rng.uniform(-3, 3, (3, circuit.num_parameters))

    found = states(compile_circuit(circuit), rows)

    np.testing.assert_allclose(found, exact_states(circuit, rows), atol=1e-12)


def test_evolution_is_what_its_definition_says(rng, between_scrambles, exact_states):
    operator = SparsePauliOp(["XYZ", "ZZI", "IXI"], [0.1, 0.2, 0.3])
    circuit = QuantumCircuit(3)
    circuit.append(PauliEvolutionGate(operator, time=A), range(3))
    circuit = between_scrambles(circuit)
    rows = rng.uniform(-3, 3, (3, 1))

    found = states(compile_circuit(circuit), rows)

    np.testing.assert_allclose(found, exact_states(circuit.decompose(), rows), atol=1e-12)


def test_nested_gates_with_parameters(rng, exact_states):
    inner = QuantumCircuit(2, global_phase=A / 3)
    inner.ry(A, 0)
    inner.cx(0, 1)
    middle = QuantumCircuit(3)
    middle.h(range(3))
    middle.append(inner.to_gate(parameter_map={A: A * B}), [2, 0])
    circuit = QuantumCircuit(3, global_phase=B)
    circuit.append(middle.to_gate(label="mine"), [1, 2, 0])
    circuit.append(middle.to_gate().inverse(), [2, 1, 0])
    circuit.append(middle.to_instruction(), [0, 1, 2])
    rows = rng.uniform(-3, 3, (3, 2))

    found = states(compile_circuit(circuit), rows)

    np.testing.assert_allclose(found, exact_states(circuit.decompose(reps=4), rows), atol=1e-13)


def test_boxes_barriers_and_delays(exact_states):
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.barrier()
    circuit.delay(100, 1)
    plain = circuit.copy()
    with circuit.box():
        circuit.cx(0, 2)
    plain.cx(0, 2)

    found = states(compile_circuit(circuit), np.zeros((1, 0)))

    np.testing.assert_allclose(found, exact_states(plain, np.zeros((1, 0))), atol=1e-15)


def test_initialize_on_untouched_qubits(exact_states):
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.initialize([0.6, 0, 0, 0.8j], [1, 2])
    circuit.cx(0, 1)

    found = states(compile_circuit(circuit), np.zeros((1, 0)))

    np.testing.assert_allclose(found, exact_states(circuit, np.zeros((1, 0))), atol=1e-14)


def test_no_qubits_and_no_gates():
    assert states(compile_circuit(QuantumCircuit(0)), np.zeros((2, 0))).tolist() == [[1], [1]]
    assert states(compile_circuit(QuantumCircuit(1)), np.zeros((1, 0))).tolist() == [[1, 0]]


def test_no_rows():
    circuit = QuantumCircuit(2)
    circuit.rx(A, 0)

    assert states(compile_circuit(circuit), np.zeros((0, 1))).shape == (0, 4)


def refused(name: str) -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    match name:
        case "measure":
            circuit.measure(0, 0)
        case "reset":
            circuit.reset(0)
        case "initialize":
            circuit.initialize([0, 1], 0)
        case "opaque":
            circuit.append(Gate("opaque", 2, []), [0, 1])
        case "if_else":
            with circuit.if_test((circuit.clbits[0], 1)):
                circuit.x(0)
        case "for_loop":
            with circuit.for_loop(range(2)):
                circuit.x(0)
        case "save_statevector":
            from qiskit_aer.library import SaveStatevector

            circuit.append(SaveStatevector(2), [0, 1])
    return circuit


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("measure", "'measure' is not unitary"),
        ("reset", "'reset' is not unitary"),
        ("initialize", "'reset' is not unitary"),
        ("opaque", "'opaque' is not unitary, or has no definition"),
        ("if_else", "'if_else' is not unitary"),
        ("for_loop", "'for_loop' is not unitary"),
        ("save_statevector", "'save_statevector' is not unitary"),
    ],
)
def test_refused(name, reason):
    with pytest.raises(CannotCompile, match=reason):
        compile_circuit(refused(name))


def test_wrong_number_of_parameters():
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)

    with pytest.raises(ValueError, match=r"expected rows of shape \(rows, 1\), found \(3, 2\)"):
        states(compile_circuit(circuit), np.zeros((3, 2)))


def test_parameters_that_are_not_finite():
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)

    with pytest.raises(ValueError, match="parameter 0 is nan at row 1"):
        states(compile_circuit(circuit), np.array([[1.0], [np.nan]]))
