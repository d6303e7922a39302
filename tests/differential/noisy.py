"""Noise models, and what they do to a circuit by Qiskit's density matrices, gate by gate."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import RXGate, RZZGate
from qiskit.quantum_info import DensityMatrix, Operator, SparseObservable, SparsePauliOp, SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    QuantumError,
    ReadoutError,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    reset_error,
    thermal_relaxation_error,
)

from tests.differential.cases import without_boxes


def noise_models() -> dict[str, NoiseModel]:
    """One model for each kind of error."""
    return {make.__name__: make() for make in _MODELS}


def depolarizing() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), ["ry", "rx", "h", "u"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx", "crx", "cp"])
    return model


def thermal() -> NoiseModel:
    model = NoiseModel()
    one = thermal_relaxation_error(50.0, 70.0, 3.0)
    model.add_all_qubit_quantum_error(one, ["ry", "rx", "h"])
    model.add_all_qubit_quantum_error(one.expand(thermal_relaxation_error(40.0, 30.0, 8.0)), "cx")
    return model


def pauli() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 0.1), ("Z", 0.05), ("I", 0.85)]), "ry")
    model.add_quantum_error(pauli_error([("XY", 0.2), ("II", 0.8)]), "cx", [0, 1])
    model.add_quantum_error(pauli_error([("ZI", 0.3), ("II", 0.7)]), "cx", [1, 2])
    return model


def coherent() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(coherent_unitary_error(RXGate(0.2).to_matrix()), "ry")
    model.add_all_qubit_quantum_error(coherent_unitary_error(RZZGate(0.3).to_matrix()), "cx")
    return model


def damping() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["ry", "rx"])
    model.add_quantum_error(reset_error(0.1, 0.05), "h", [1])
    branch = QuantumCircuit(2)
    branch.h(0)
    branch.cx(0, 1)
    idle = QuantumCircuit(2)
    model.add_all_qubit_quantum_error(QuantumError([(branch, 0.1), (idle, 0.9)]), "cx")
    return model


def readout() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    model.add_readout_error(ReadoutError([[0.7, 0.3], [0.05, 0.95]]), [1], warnings=False)
    return model


def everything() -> NoiseModel:
    model = depolarizing()
    model.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.2), "measure")
    model.add_quantum_error(pauli_error([("X", 0.1), ("I", 0.9)]), "measure", [2], warnings=False)
    return model


_MODELS = (depolarizing, thermal, pauli, coherent, damping, readout, everything)


def noisy_state(circuit: QuantumCircuit, values, model: NoiseModel) -> DensityMatrix:
    """The state before measurement: after every instruction, the error of its label or name."""
    plain = without_boxes(circuit).assign_parameters(values)
    state = DensityMatrix.from_label("0" * plain.num_qubits)
    for one in plain.data:
        qubits = [plain.find_bit(qubit).index for qubit in one.qubits]
        if one.name in ("barrier", "measure"):
            continue
        state = state.evolve(Operator(one.operation), qubits)
        key = one.operation.label or one.name
        error = model._local_quantum_errors.get(key, {}).get(tuple(qubits))
        error = error or model._default_quantum_errors.get(key)
        if error is not None:
            state = state.evolve(SuperOp(error), qubits)
    return state


def misread(state: DensityMatrix, model: NoiseModel) -> DensityMatrix:
    """Put the errors of a measurement in Z of every qubit into the state."""
    for qubit in range(state.num_qubits):
        error = model._local_quantum_errors.get("measure", {}).get((qubit,))
        error = error or model._default_quantum_errors.get("measure")
        if error is not None:
            state = state.evolve(SuperOp(error), [qubit])
        read = model._local_readout_errors.get((qubit,)) or model._default_readout_error
        if read is not None:
            state = state.evolve(_confusion(read.probabilities), [qubit])
    return state


def noisy_values(circuit: QuantumCircuit, rows, terms, model: NoiseModel) -> np.ndarray:
    """What many shots would estimate for each term [R, T]."""
    found = np.empty((len(rows), len(terms)))
    for number, row in enumerate(rows):
        state = noisy_state(circuit, row, model)
        for position, term in enumerate(terms):
            turned = misread(state.evolve(_turn(term)), model)
            diagonal = term.translate(str.maketrans("XY+-rl", "ZZ0101"))
            paulis = SparseObservable.from_label(diagonal).as_paulis().to_sparse_list()
            operator = SparsePauliOp.from_sparse_list(paulis, num_qubits=len(term))
            found[number, position] = np.real(turned.expectation_value(operator))
    return found


def noisy_probabilities(circuit: QuantumCircuit, values, model: NoiseModel) -> np.ndarray:
    """The distribution of the outcomes of all qubits."""
    return misread(noisy_state(circuit, values, model), model).probabilities()


def _turn(term: str) -> QuantumCircuit:
    circuit = QuantumCircuit(len(term))
    for qubit, letter in enumerate(reversed(term)):
        if letter in "Yrl":
            circuit.sdg(qubit)
        if letter in "XY+-rl":
            circuit.h(qubit)
    return circuit


def _confusion(probabilities) -> SuperOp:
    kraus = []
    for true in (0, 1):
        for read in (0, 1):
            operator = np.zeros((2, 2))
            operator[read, true] = np.sqrt(probabilities[true][read])
            kraus.append(operator)
    return SuperOp(sum(np.kron(one.conj(), one) for one in kraus))
