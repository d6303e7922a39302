"""Compiles the kernels of every engine ahead of time."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from ...primitives.method_costs import SINGLE_QUBITS, SINGLE_ROWS
from . import batched
from .chain_kernels import CHAIN_RULES
from .chains import chain_circuit
from .chains.reading import chain_values
from .crew import Crew
from .diagonal_terms import DiagonalTerms
from .flip_terms import MIN_SPECTRUM_TERMS, flip_terms, flip_values
from .pauli.circuit import NATIVE, pauli_circuit
from .pauli.evolution import components
from .pauli.tape import make_tape
from .readout import PERFECT_READOUT
from .states import ComplexArray, PureStates
from .templates import unrolled_template
from .unroller import UnrollerRules
from .wide_state import WideState


def warm() -> float:
    """Compile every kernel, or load what an earlier process has left in the cache folder.

    Returns:
        The seconds that it took: some tens where all is compiled, about one where it is loaded.
    """
    start = perf_counter()
    batched.warm()
    _warm_pauli_kernels()
    _warm_state_kernels()
    _warm_chain_kernels()
    return perf_counter() - start


def _warm_pauli_kernels() -> None:
    circuit = QuantumCircuit(SINGLE_QUBITS)
    circuit.rx(Parameter("a"), 0)
    rules = UnrollerRules(NATIVE, frozenset(), None, {}, drops_resets=False)
    template, qubits = unrolled_template(circuit, rules), tuple(range(SINGLE_QUBITS))
    translated = pauli_circuit(template, qubits, None, (0,))
    tape, wanted = make_tape(translated), np.zeros(1, dtype=np.int64)
    for rows in (1, SINGLE_ROWS + 1):
        components(tape, translated.angles(np.zeros((rows, 1))), wanted, 1)


def _warm_state_kernels() -> None:
    for kind in ("c16", "c8"):
        state: ComplexArray = np.array([1, 0], dtype=kind)
        distribution = PureStates(state[None], Crew(1)).probabilities("Y")
        DiagonalTerms.over("Y", ("Y",)).values(distribution)
        WideState(state, Crew(1)).outcomes("X", 1, PERFECT_READOUT, np.random.default_rng(0))
        terms = ["Y", *["Z"] * MIN_SPECTRUM_TERMS]
        flip_values(state, flip_terms(terms), len(terms), Crew(1))


def _warm_chain_kernels() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(Parameter("a"), 0)
    circuit.cx(0, 1)
    chain = chain_circuit(unrolled_template(circuit, CHAIN_RULES), (0, 1))
    chain_values(chain, np.zeros((1, 1)), ["ZX"], 1)
