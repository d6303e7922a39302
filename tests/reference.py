"""A slow engine with nothing of ours in it: Qiskit's own Statevector, one row at a time."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

from shoal.primitives.bases import measured_qubits
from shoal.primitives.masks import pack_bits
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from shoal.primitives.workload import Block, Variant, Workload


def state_of(circuit: QuantumCircuit, values) -> Statevector:
    """The state that a circuit prepares at one parameter set."""
    return Statevector(
        circuit.assign_parameters(dict(zip(circuit.parameters, values, strict=True)))
    )


def expectation(state: Statevector, term: str) -> float:
    """The expectation value of one Pauli-projector term."""
    paulis = SparseObservable.from_label(term).as_paulis().to_sparse_list()
    operator = SparsePauliOp.from_sparse_list(paulis, num_qubits=len(term))
    return float(np.real(state.expectation_value(operator)))


class ReferenceEngine:
    """Runs an estimator's blocks."""

    def __init__(self, workload: Workload, seed: int = 0) -> None:
        self.workload = workload
        self.seed = seed

    def run(self, block: Block) -> BlockOutcome:
        record = EngineRecord("reference", "statevector")
        shots, values = [], []
        for variant in self.workload.variants_of(block):
            if variant.is_exact:
                values.append(self._values(block, variant))
            else:
                shots.append(self._shots(block, variant))
        return BlockOutcome(block.index, record, tuple(shots), tuple(values))

    def _states(self, block: Block, variant: Variant):
        program = self.workload.programs[block.program]
        for row in variant.rows_between(block.start, block.stop):
            yield row, state_of(program.circuit, program.parameters[row])

    def _values(self, block: Block, variant: Variant) -> ValueRows:
        rows, values = [], []
        for row, state in self._states(block, variant):
            rows.append(row)
            values.append([expectation(state, term) for term in variant.terms])
        return ValueRows(variant.index, np.array(rows), np.array(values))

    def _shots(self, block: Block, variant: Variant) -> ShotRows:
        rng = np.random.default_rng([self.seed, block.index, variant.index])
        qubits = measured_qubits(variant.basis)
        rotation = QuantumCircuit(len(variant.basis))
        for qubit in qubits:
            match variant.basis[len(variant.basis) - 1 - qubit]:
                case "X":
                    rotation.h(qubit)
                case "Y":
                    rotation.sdg(qubit)
                    rotation.h(qubit)
        rows, bits = [], []
        drawn = block.shots_of(variant)
        for row, state in self._states(block, variant):
            probabilities = state.evolve(rotation).probabilities(list(qubits))
            outcomes = rng.choice(probabilities.size, drawn, p=probabilities / probabilities.sum())
            bits.append((outcomes[:, None] >> np.arange(len(qubits))) & 1)
            rows.append(np.full(drawn, row))
        packed = pack_bits(np.concatenate(bits).astype(bool))
        return ShotRows(variant.index, np.concatenate(rows), {"meas": packed})
