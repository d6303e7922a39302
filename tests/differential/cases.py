"""Circuits that an engine may get wrong: every gate, every parameter of it symbolic."""

from collections.abc import Callable

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    BoxOp,
    ControlledGate,
    ControlModifier,
    Gate,
    InverseModifier,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit.library import (
    DiagonalGate,
    GlobalPhaseGate,
    HamiltonianGate,
    HGate,
    IGate,
    Initialize,
    MCPhaseGate,
    MCXGate,
    PauliEvolutionGate,
    PauliGate,
    PermutationGate,
    PhaseGate,
    QFTGate,
    RXGate,
    RYGate,
    RZGate,
    StatePreparation,
    SwapGate,
    TGate,
    UCRYGate,
    UCRZGate,
    UGate,
    UnitaryGate,
    XGate,
    YGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import SparsePauliOp, random_unitary

_TILT = SparsePauliOp(["YZI", "IXZ"], [0.3, 0.9]).to_matrix()

A, B, C = Parameter("a"), Parameter("b"), Parameter("c")

STANDARD = {
    name: gate for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, Gate)
}


def symbolic(name: str, **options) -> Gate:
    """A standard gate with a parameter of its own for each angle."""
    gate = STANDARD[name]
    if not gate.params and not options:
        return gate
    return gate.base_class(*map(Parameter, "abcd"[: len(gate.params)]), **options)


def between_rotations(gate, num_qubits: int | None = None) -> QuantumCircuit:
    """Put a gate between fixed rotations, twice and on other qubits, so that nothing is hidden."""
    width = num_qubits or max(gate.num_qubits, 2)
    circuit = QuantumCircuit(width)
    for qubit in range(width):
        circuit.u(0.4 + 0.3 * qubit, 0.9 - 0.2 * qubit, 0.5 * qubit - 0.7, qubit)
    for qubit in range(width - 1):
        circuit.cz(qubit, qubit + 1)
    circuit.append(gate, range(gate.num_qubits))
    for qubit in range(width):
        circuit.u(1.1 - 0.2 * qubit, 0.3 * qubit, 0.8, qubit)
    circuit.append(gate, list(range(width))[::-1][: gate.num_qubits])
    return circuit


def standard_gates() -> dict[str, QuantumCircuit]:
    """Every gate of the standard library."""
    return {name: between_rotations(symbolic(name)) for name in STANDARD}


def open_controls() -> dict[str, QuantumCircuit]:
    """Every controlled gate of the standard library, in every state of its controls but all 1."""
    return {
        f"{name}_o{state}": between_rotations(symbolic(name, ctrl_state=state))
        for name, gate in STANDARD.items()
        if isinstance(gate, ControlledGate)
        for state in range(2**gate.num_ctrl_qubits - 1)
    }


def multi_controls() -> dict[str, QuantumCircuit]:
    """Gates with several controls, and controlled gates that the library has no class for."""
    inner = QuantumCircuit(2, name="inner", global_phase=A)
    inner.ry(A * B, 0)
    inner.cp(B, 0, 1)
    inner_gate = inner.to_gate()
    gates = {
        "mcx(4)": MCXGate(4),
        "mcx(3, open)": MCXGate(3, ctrl_state=0),
        "mcphase(3)": MCPhaseGate(A, 3),
        "mcphase(2, open)": MCPhaseGate(A, 2, ctrl_state=1),
    }
    for kind, annotated in {"": False, ", annotated": True}.items():
        for name, gate, controls, state in (
            ("x", XGate(), 4, None),
            ("x", XGate(), 3, 5),
            ("y", YGate(), 2, 1),
            ("h", HGate(), 2, None),
            ("t", TGate(), 1, None),
            ("rx", RXGate(A), 2, None),
            ("ry", RYGate(A), 2, 2),
            ("rz", RZGate(A), 3, None),
            ("u", UGate(A, B, C), 2, None),
            ("u", UGate(A, B, C), 1, 0),
            ("p", PhaseGate(A), 3, None),
            ("swap", SwapGate(), 2, 1),
            ("custom", inner_gate, 1, None),
            ("custom", inner_gate, 2, 2),
            ("phase", GlobalPhaseGate(A), 2, None),
            ("unitary", UnitaryGate(random_unitary(2, seed=4)), 2, 1),
        ):
            made = gate.control(controls, ctrl_state=state, annotated=annotated)
            gates[f"{name}.control({controls}, {state}{kind})"] = made
    return {name: between_rotations(gate) for name, gate in gates.items()}


def library_gates() -> dict[str, QuantumCircuit]:
    """Gates that are defined by matrices, lists and other circuits."""
    amplitudes = np.array([0.5, 0.5j, -0.1, 0.7])
    amplitudes = amplitudes / np.linalg.norm(amplitudes)
    # Commuting terms: what does not commute is run as the gate's own synthesis has it, which is
    # an approximation, where Qiskit's Statevector exponentiates the operator.
    operator = SparsePauliOp(["XXI", "ZZI", "IIY"], [0.7, -0.4, 0.2])
    gates = {
        "unitary(1)": UnitaryGate(random_unitary(2, seed=1)),
        "unitary(2)": UnitaryGate(random_unitary(4, seed=2)),
        "unitary(3)": UnitaryGate(random_unitary(8, seed=3)),
        "diagonal": DiagonalGate(np.exp(1j * np.arange(8)).tolist()),
        "pauli": PauliGate("XZY"),
        "permutation": PermutationGate([2, 0, 3, 1]),
        "qft": QFTGate(3),
        "qft.inverse": QFTGate(3).inverse(),
        "evolution": PauliEvolutionGate(operator, time=A * 0.5 + B),
        "ucry": UCRYGate([0.3, 0.7, -0.2, 1.1]),
        "ucrz": UCRZGate([0.3, 0.7]),
        "state_preparation": StatePreparation(amplitudes),
        "state_preparation.inverse": StatePreparation(amplitudes).inverse(),
        "state_preparation.control": StatePreparation(
            amplitudes[:2] / np.linalg.norm(amplitudes[:2])
        ).control(1, annotated=False),
        "diagonal.control": DiagonalGate([1, 1j, -1, 1j]).control(1, ctrl_state=0, annotated=False),
        "hamiltonian": HamiltonianGate(operator.to_matrix() + _TILT, A * 0.5 + B),
        "annotated": AnnotatedOperation(
            RYGate(A), [ControlModifier(2, ctrl_state=1), InverseModifier(), PowerModifier(2)]
        ),
        "annotated identity": AnnotatedOperation(IGate(), [ControlModifier(1), PowerModifier(2)]),
    }
    found = {name: between_rotations(gate) for name, gate in gates.items()}
    for name, state in {"amplitudes": amplitudes, "label": "r1", "number": 2}.items():
        circuit = QuantumCircuit(3)
        circuit.append(Initialize(state, 2 if name == "number" else None), [2, 0])
        circuit.ry(A, 1)
        circuit.cx(0, 1)
        circuit.cx(1, 2)
        found[f"initialize({name})"] = circuit
    return found


def expressions() -> dict[str, QuantumCircuit]:
    """Angles that are functions of several parameters, affine and others."""
    angles = {
        "affine": 2 * A - B / 3 + 1,
        "product": A * B,
        "sine": (A + B).sin(),
        "square": A**2 - B,
        "abs": (A * B).abs(),
        "exponential": (-(A**2)).exp() + B,
        "unused": A + B - B,
        "conjugate": A.conjugate() * 2,
    }
    found = {}
    for name, angle in angles.items():
        circuit = QuantumCircuit(3, global_phase=angle)
        circuit.ry(angle, 0)
        circuit.cp(angle, 0, 1)
        circuit.cu(angle, 0.3, A, B, 1, 2)
        circuit.rzz(angle + B, 0, 2)
        circuit.crx(angle, 2, 0)
        circuit.cp(angle, 1, 2, ctrl_state=0)
        found[name] = circuit
    return found


def nestings() -> dict[str, QuantumCircuit]:
    """Boxes, gates within gates, barriers, wide registers, names that mislead."""
    return {make.__name__: make() for make in _NESTINGS}


def without_boxes(circuit: QuantumCircuit) -> QuantumCircuit:
    """Inline boxes, which Qiskit's Statevector does not run."""
    found = circuit.copy_empty_like()
    for one in circuit.data:
        if isinstance(one.operation, BoxOp):
            found.compose(without_boxes(one.operation.blocks[0]), one.qubits, inplace=True)
        else:
            found.append(one)
    return found


def boxed() -> QuantumCircuit:
    """Boxes within boxes, on other qubits than their own."""
    circuit = QuantumCircuit(3)
    circuit.h(0)
    with circuit.box():
        circuit.ry(A, 2)
        with circuit.box():
            circuit.crz(A * B, 2, 0)
        circuit.cx(0, 1)
    circuit.rx(B, 1)
    return circuit


def nested() -> QuantumCircuit:
    """A parametrised gate within a gate within a circuit."""
    inner = QuantumCircuit(2, name="inner")
    inner.cry(A, 1, 0)
    inner.rzz(B, 0, 1)
    middle = QuantumCircuit(3, name="middle")
    middle.append(inner.to_gate(), [2, 0])
    middle.append(inner.to_gate().inverse(), [1, 2])
    middle.h(1)
    return between_rotations(middle.to_gate())


def instruction() -> QuantumCircuit:
    """A composite instruction that is no gate."""
    inner = QuantumCircuit(2, name="inner")
    inner.ry(A, 0)
    inner.cx(0, 1)
    circuit = QuantumCircuit(3)
    circuit.append(inner.to_instruction(), [2, 1])
    circuit.append(inner.to_instruction(), [0, 2])
    return circuit


def homonyms() -> QuantumCircuit:
    """Gates of the user's own that bear the names of others."""
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    for name in ("h", "cx", "my_o2", "cp", "id", "delay", "box", "multiplexer", "mcx", "unitary"):
        inner = QuantumCircuit(2, name=name)
        inner.ry(A, 0)
        inner.cz(0, 1)
        inner.rx(B, 1)
        circuit.append(inner.to_gate(), [1, 0])
    return circuit


def composite_homonyms() -> QuantumCircuit:
    """Instructions of the user's own, alone and within others, that bear the names of others."""
    circuit = QuantumCircuit(3)
    circuit.h([0, 1])
    for name in ("reset", "measure", "barrier", "kraus", "if_else", "initialize", "save_state"):
        inner = QuantumCircuit(1, name=name)
        inner.ry(A, 0)
        inner.sx(0)
        outer = QuantumCircuit(2, name="delay", global_phase=B)
        outer.append(inner.to_instruction(), [1])
        outer.cx(0, 1)
        circuit.append(outer.to_instruction(), [0, 2])
    return circuit


def annotated_homonyms() -> QuantumCircuit:
    """A gate of the user's own that bears the name of another, controlled and inverted."""
    inner = QuantumCircuit(1, name="h")
    inner.ry(A, 0)
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.append(AnnotatedOperation(inner.to_gate(), [ControlModifier(1, 0)]), [0, 1])
    circuit.append(AnnotatedOperation(inner.to_gate(), [InverseModifier()]), [0])
    return circuit


def barriers() -> QuantumCircuit:
    """Barriers between bound gates, and idle qubits around them."""
    circuit = QuantumCircuit(6)
    circuit.ry(A, 4)
    circuit.barrier()
    circuit.cx(4, 1)
    circuit.barrier([1, 2])
    circuit.cp(B, 1, 4)
    circuit.rx(A, 1)
    return circuit


def delays() -> QuantumCircuit:
    """Delays, identities and resets of fresh qubits: nothing, to an ideal state."""
    circuit = QuantumCircuit(3)
    circuit.reset([0, 1])
    circuit.ry(A, 0)
    circuit.delay(100, 0, unit="ns")
    circuit.id(1)
    circuit.cx(0, 1)
    circuit.delay(10, 1)
    circuit.ry(B, 1)
    return circuit


def vector() -> QuantumCircuit:
    """Elements of a vector, past ten of them, used out of order."""
    angles = ParameterVector("v", 12)
    circuit = QuantumCircuit(3)
    for number in (11, 2, 10, 1, 0, 3, 9, 4, 8, 5, 7, 6):
        circuit.ry(angles[number], number % 3)
        circuit.cx(number % 3, (number + 1) % 3)
    return circuit


_NESTINGS: tuple[Callable[[], QuantumCircuit], ...] = (
    boxed,
    nested,
    instruction,
    homonyms,
    composite_homonyms,
    annotated_homonyms,
    barriers,
    delays,
    vector,
)

FAMILIES = (standard_gates, open_controls, multi_controls, library_gates, expressions, nestings)


def all_cases() -> dict[str, QuantumCircuit]:
    """Every case by a name of its own."""
    return {
        f"{family.__name__}-{name}": circuit
        for family in FAMILIES
        for name, circuit in family().items()
    }
