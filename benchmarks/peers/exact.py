"""Exact expectation values of a small parametrised circuit at many parameter sets."""

from functools import partial

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.primitives import EstimatorV2

from shoal.primitives import Estimator

from .contest import Contender, Contest

TOLERANCE = 1e-9


def ising(num_qubits: int) -> SparsePauliOp:
    """A transverse-field Ising chain: 2 n - 1 terms in two bases."""
    bonds = [("ZZ", [k, k + 1], 1.0) for k in range(num_qubits - 1)]
    fields = [("X", [k], 0.5) for k in range(num_qubits)]
    return SparsePauliOp.from_sparse_list(bonds + fields, num_qubits=num_qubits)


def exact_contest(num_qubits: int, rows: int, target: float, *, small: bool) -> Contest:
    """Make the contest of one size.

    Args:
        num_qubits: Width of the ansatz, ``efficient_su2`` with three repetitions.
        rows: Parameter sets of ours and of Aer's, in one pub.
        target: How many times faster than Aer ours must be.
        small: Ask a tenth of the rows.
    """
    rows = max(rows // 10, 2) if small else rows
    circuit, operator = efficient_su2(num_qubits, reps=3), ising(num_qubits)
    values = np.random.default_rng(num_qubits).normal(size=(rows, circuit.num_parameters))
    truth = EstimatorV2().run([(circuit, operator, values)], precision=0).result()[0].data.evs
    return Contest(
        f"exact, {num_qubits} qubits x {rows:,} rows",
        [
            Contender("shoal", partial(_one_pub, Estimator(), circuit, operator, values), rows),
            Contender(
                "Aer EstimatorV2", partial(_one_pub, EstimatorV2(), circuit, operator, values), rows
            ),
            *_others(circuit, operator, values),
        ],
        target,
        lambda evs: float(np.abs(evs - truth[: len(evs)]).max()) / TOLERANCE,
    )


def _one_pub(estimator, circuit, operator, values, count: int) -> np.ndarray:
    pub = (circuit, operator, values[:count])
    return estimator.run([pub], precision=0.0).result()[0].data.evs


def _others(
    circuit: QuantumCircuit, operator: SparsePauliOp, values: np.ndarray
) -> list[Contender]:
    amplitudes = 2**circuit.num_qubits
    few = max(1, min(len(values), 200, 40_000 // amplitudes))
    found = [
        Contender(
            "Qiskit StatevectorEstimator",
            partial(_one_pub, StatevectorEstimator(), circuit, operator, values),
            few,
        )
    ]
    if circuit.num_qubits <= 16:
        found += _qulacs(circuit, operator, values, min(len(values), 20 * few))
        found += _lightning(circuit, operator, values, few)
    return found


def _qulacs(circuit, operator, values, count: int) -> list[Contender]:
    try:
        from qulacs import Observable, ParametricQuantumCircuit, QuantumState
    except ImportError:
        return []
    n = circuit.num_qubits
    theirs, slots = ParametricQuantumCircuit(n), []
    for name, qubits, slot in _gates(circuit):
        if name == "cx":
            theirs.add_CNOT_gate(*qubits)
        else:
            # Qulacs turns the other way round.
            getattr(theirs, f"add_parametric_{name.upper()}_gate")(qubits[0], 0.0)
            slots.append(slot)
    observable = Observable(n)
    for label, weight in operator.to_list():
        word = " ".join(f"{p} {k}" for k, p in enumerate(reversed(label)) if p != "I")
        observable.add_operator(weight.real, word)

    def run(rows: int) -> np.ndarray:
        state, evs = QuantumState(n), np.empty(rows)
        for row in range(rows):
            for position, slot in enumerate(slots):
                theirs.set_parameter(position, -values[row, slot])
            state.set_zero_state()
            theirs.update_quantum_state(state)
            evs[row] = observable.get_expectation_value(state)
        return evs

    return [Contender("qulacs loop", run, count)]


def _lightning(circuit, operator, values, count: int) -> list[Contender]:
    try:
        import pennylane as qml
    except ImportError:
        return []
    n = circuit.num_qubits
    gates = list(_gates(circuit))
    words = [
        qml.prod(*(getattr(qml, f"Pauli{p}")(k) for k, p in enumerate(reversed(label)) if p != "I"))
        for label, _ in operator.to_list()
    ]
    hamiltonian = qml.Hamiltonian(operator.coeffs.real, words)

    @qml.qnode(qml.device("lightning.qubit", wires=n))
    def circuit_of(angles):
        for name, qubits, slot in gates:
            if name == "cx":
                qml.CNOT(qubits)
            else:
                getattr(qml, name.upper())(angles[:, slot], qubits[0])
        return qml.expval(hamiltonian)

    return [
        Contender(
            "lightning.qubit broadcast", lambda rows: np.asarray(circuit_of(values[:rows])), count
        )
    ]


def _gates(circuit: QuantumCircuit):
    """Name, qubits and parameter column of each gate of an ``efficient_su2``."""
    column = {parameter: number for number, parameter in enumerate(circuit.parameters)}
    for instruction in circuit.data:
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        parameter = instruction.params[0] if instruction.params else None
        yield instruction.name, qubits, column.get(parameter)


def mps_contest(*, small: bool) -> Contest:
    """Aer issue 2438: many observables of a shallow circuit under matrix product states."""
    rows = 50 if small else 500
    circuit = efficient_su2(15, ["ry"], entanglement="linear", reps=3)
    circuit = circuit.assign_parameters(dict.fromkeys(circuit.parameters[54:], 0.3))
    observables = [
        SparsePauliOp.from_sparse_list([("Z", [k], 1.0)], num_qubits=15) for k in range(15)
    ]
    values = np.random.default_rng(2438).normal(size=(rows, 1, circuit.num_parameters))
    method = "matrix_product_state"
    aer = EstimatorV2(options={"backend_options": {"method": method}})
    ours = Estimator(options={"simulator": {"method": method}})
    truth = EstimatorV2().run([(circuit, observables, values)], precision=0).result()[0].data.evs
    return Contest(
        f"Aer issue 2438: 15 qubits, 54 parameters, 15 observables, MPS, {rows} rows",
        [
            Contender("shoal", partial(_one_pub, ours, circuit, observables, values), rows),
            Contender(
                "Aer EstimatorV2", partial(_one_pub, aer, circuit, observables, values), rows
            ),
        ],
        2,
        lambda evs: float(np.abs(evs - truth[: len(evs)]).max()) / 1e-6,
    )


def tiny_contest() -> Contest:
    """An optimiser's call: one pub, one parameter set, in this process."""
    circuit, operator = efficient_su2(4, reps=3), ising(4)
    values = np.random.default_rng(4).normal(size=circuit.num_parameters)
    truth = StatevectorEstimator().run([(circuit, operator, values)]).result()[0].data.evs

    def calls(estimator, count: int) -> np.ndarray:
        pub = (circuit, operator, values)
        return np.array([estimator.run([pub]).result()[0].data.evs for _ in range(count)])

    return Contest(
        "tiny job: 4 qubits, 1 row, in process",
        [
            Contender("shoal", partial(calls, Estimator()), 200),
            Contender("Aer EstimatorV2", partial(calls, EstimatorV2()), 50),
            Contender("Qiskit StatevectorEstimator", partial(calls, StatevectorEstimator()), 50),
        ],
        1,
        lambda evs: float(np.abs(evs - truth).max()) / TOLERANCE,
    )
