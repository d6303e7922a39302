"""Measurements at the end of a circuit, which an estimator has no use for."""

from __future__ import annotations

from collections.abc import Iterable

from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Qubit

from .errors import RequestError
from .observables import Observable, TermLabel

_DIAGONAL = frozenset("IZ01")


def estimated_circuit(circuit: QuantumCircuit, observables: Iterable[Observable]) -> QuantumCircuit:
    """Return a circuit without the measurements that nothing follows.

    Terms that are diagonal on the measured qubits have the same value before and after. No other
    term is estimated: after the measurement it would say nothing of the state that the circuit
    prepares, and before it is not what was written.

    Args:
        circuit: An estimator's circuit; returned as it is where it measures nothing at its end.
        observables: Whatever is to be estimated of it.

    Raises:
        RequestError: A term acts with X or Y on a qubit that was measured.
    """
    if not circuit.num_clbits:
        return circuit
    final = _final_measurements(circuit)
    if not final:
        return circuit
    measured = sorted(
        {circuit.find_bit(circuit.data[place].qubits[0]).index for place in final}, reverse=True
    )
    for observable in observables:
        for term in observable.terms:
            _check_term(term, measured)
    stripped = circuit.copy_empty_like()
    for place, instruction in enumerate(circuit.data):
        if place not in final:
            stripped.append(instruction)
    return stripped


def _final_measurements(circuit: QuantumCircuit) -> set[int]:
    """Find the measurements after which nothing happens to their qubit or is told of their bit."""
    found: set[int] = set()
    used: set[Qubit | Clbit] = set()
    for place in range(len(circuit.data) - 1, -1, -1):
        instruction = circuit.data[place]
        bits = {*instruction.qubits, *instruction.clbits}
        if instruction.name == "measure" and not bits & used:
            found.add(place)
        elif instruction.name != "barrier":
            used |= bits
    return found


def _check_term(term: TermLabel, measured: Iterable[int]) -> None:
    for qubit in measured:
        letter = term[len(term) - 1 - qubit]
        if letter not in _DIAGONAL:
            raise RequestError(
                f"the circuit measures qubit {qubit} at its end, after which the term {term!r} says"
                f" nothing of its state (found {letter!r} there, expected one of I, Z, 0, 1): take"
                " the measurements off (circuit.remove_final_measurements())"
            )
