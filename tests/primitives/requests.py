"""Requests for tests, made without the doors."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives.containers.observables_array import ObservablesArray

from shoal.primitives.canonical_circuits import canonical
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.observables import observables_of
from shoal.primitives.options import EstimatorOptions, SamplerOptions
from shoal.primitives.request import PubRequest, Request


def ansatz(num_qubits: int = 2) -> QuantumCircuit:
    """A parametrised circuit with one angle a qubit and some entanglement."""
    angles = ParameterVector("a", num_qubits)
    circuit = QuantumCircuit(num_qubits)
    for qubit, angle in enumerate(angles):
        circuit.ry(angle, qubit)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
        circuit.rz(2 * angles[qubit] + 0.1, qubit + 1)
    return circuit


def estimator_request(circuits, pubs, seed: int = 7, **options) -> Request:
    """Pubs are (position of the circuit, observables, parameter values, precision)."""
    circuits = tuple(map(canonical, circuits))
    requests = []
    for circuit, observables, values, precision in pubs:
        array = ObservablesArray.coerce(observables)
        requests.append(
            PubRequest(
                circuit,
                np.asarray(values, dtype=float),
                tuple(observables_of(array)),
                array.shape,
                precision=precision,
            )
        )
    return Request(
        "estimator",
        circuits,
        tuple(map(circuit_digest, circuits)),
        tuple(requests),
        EstimatorOptions(**options),
        seed,
    )


def sampler_request(circuits, pubs, seed: int = 7, **options) -> Request:
    """Pubs are (position of the circuit, parameter values, shots)."""
    circuits = tuple(map(canonical, circuits))
    return Request(
        "sampler",
        circuits,
        tuple(map(circuit_digest, circuits)),
        tuple(PubRequest(c, np.asarray(values, dtype=float), shots=s) for c, values, s in pubs),
        SamplerOptions(**options),
        seed,
    )
