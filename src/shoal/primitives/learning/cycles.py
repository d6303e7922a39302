"""Cycle benchmarking of one layer: circuits that repeat it, and what each of their values says.

A Pauli that a state is prepared in goes through the layer again and again, and after each time the
noise multiplies it by the fidelity of what it has become: every value is a product of fidelities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import RXGate, RZGate
from qiskit.quantum_info import Clifford, Pauli

from ..bases import basis_codes
from ..noise import IDEAL_LABEL
from ..observables import FloatArray, TermLabel
from .learnt_layers import LearntLayer
from .preparations import PauliCodes, preparations

_ANGLES = np.array([[0.0, 0.0], [-np.pi / 2, -np.pi / 2], [-np.pi / 2, 0.0], [0.0, 0.0]])
"""Of rx and then of rz: they turn |0> into the +1 eigenstate of X, Y and Z (1, 2, 3)."""

Generator = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """One circuit in one preparation, and what becomes of the Paulis that are prepared."""

    circuit: QuantumCircuit
    angles: FloatArray
    """Its parameters [P]."""
    observables: tuple[TermLabel, ...]
    """What each Pauli ends in, on all qubits of the circuit [T]."""
    signs: FloatArray
    """1 or -1 [T]: of the ideal values."""
    exponents: FloatArray
    """By what the generators' rates are multiplied in ``-log`` of each absolute value [T, K]."""


def generators_of(layer: LearntLayer) -> tuple[Generator, ...]:
    """Return the Paulis of a layer's model: all on one qubit, and all on a pair of neighbours."""
    singles = [(letter, (qubit,)) for qubit in layer.qubits for letter in "XYZ"]
    pairs = [(a + b, edge) for edge in layer.edges for a in "XYZ" for b in "XYZ"]
    return (*singles, *pairs)


def cycles_of(layer: LearntLayer, depths: Sequence[int]) -> tuple[Cycle, ...]:
    """Return the circuits from which a layer's noise is learnt.

    Args:
        layer: The layer.
        depths: How often it is repeated, each at least once.
    """
    place = {qubit: place for place, qubit in enumerate(layer.qubits)}
    edges = [(place[a], place[b]) for a, b in layer.edges]
    generators = basis_codes([_label(one, place) for one in generators_of(layer)])
    step = _clifford(layer, place)
    states = preparations(len(layer.qubits), edges)
    return tuple(
        _cycle(layer, circuit, state, list(_paulis(state, edges)), step, depth, generators)
        for depth in depths
        for circuit in [_circuit(layer, depth)]
        for state in states
    )


def _circuit(layer: LearntLayer, depth: int) -> QuantumCircuit:
    qubits, count = list(layer.qubits), len(layer.qubits)
    circuit = QuantumCircuit(layer.width, name=f"layer_cycle_{depth}")
    x, z = ParameterVector("shoal_state_x", count), ParameterVector("shoal_state_z", count)
    for place, qubit in enumerate(qubits):
        circuit.append(RXGate(x[place], label=IDEAL_LABEL), [qubit])
        circuit.append(RZGate(z[place], label=IDEAL_LABEL), [qubit])
    for _ in range(depth):
        circuit.barrier(qubits)
        for operation, where in layer.instructions:
            circuit.append(operation, where)
    circuit.barrier(qubits)
    return circuit


def _cycle(
    layer: LearntLayer,
    circuit: QuantumCircuit,
    state: PauliCodes,
    paulis: Sequence[Pauli],
    step: Clifford,
    depth: int,
    generators: PauliCodes,
) -> Cycle:
    exponents = np.zeros((len(paulis), len(generators)))
    for _ in range(depth):
        paulis = [pauli.evolve(step, frame="s") for pauli in paulis]
        codes = basis_codes([_letters(pauli) for pauli in paulis])
        clash = (codes[:, None] != 0) & (generators != 0) & (codes[:, None] != generators)
        exponents += 2.0 * (clash.sum(axis=2) % 2)
    return Cycle(
        circuit,
        _angles(circuit, state),
        tuple(_widened(_letters(pauli), layer) for pauli in paulis),
        np.array([1.0 - pauli.phase for pauli in paulis]),
        exponents,
    )


def _angles(circuit: QuantumCircuit, state: PauliCodes) -> FloatArray:
    """Return the parameters that prepare a state, in the circuit's own order."""
    return np.array(
        [
            _ANGLES[state[parameter.index], int(parameter.vector.name.endswith("z"))]
            for parameter in circuit.parameters
        ]
    )


def _paulis(state: PauliCodes, edges: Sequence[tuple[int, int]]) -> Iterator[Pauli]:
    """Return the Paulis on one qubit and on pairs that stabilise a state."""
    for places in [(place,) for place in range(len(state))] + list(edges):
        letters = ["I"] * len(state)
        for place in places:
            letters[len(state) - 1 - place] = "IXYZ"[state[place]]
        yield Pauli("".join(letters))


def _clifford(layer: LearntLayer, place: dict[int, int]) -> Clifford:
    circuit = QuantumCircuit(len(layer.qubits))
    for operation, where in layer.instructions:
        circuit.append(operation, [place[qubit] for qubit in where])
    return Clifford(circuit)


def _letters(pauli: Pauli) -> TermLabel:
    label: str = pauli.to_label()
    return label.lstrip("-+i")


def _label(generator: Generator, place: dict[int, int]) -> TermLabel:
    letters = ["I"] * len(place)
    for letter, qubit in zip(*generator, strict=True):
        letters[len(place) - 1 - place[qubit]] = letter
    return "".join(letters)


def _widened(label: TermLabel, layer: LearntLayer) -> TermLabel:
    letters = ["I"] * layer.width
    for qubit, letter in zip(reversed(layer.qubits), label, strict=True):
        letters[layer.width - 1 - qubit] = letter
    return "".join(letters)
