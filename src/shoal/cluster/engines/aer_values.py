"""Exact values of terms that Aer computes itself: stabilizer and matrix product states."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.library import SaveExpectationValue

from ...primitives.errors import UnsupportedError
from ...primitives.observables import BASIS_OF_LETTER, FloatArray, TermLabel
from .aer_session import AerSession
from .diagonal_terms import READ_OF_LETTER
from .readout import Readout
from .templates import Template

MAX_PAULIS = 1 << 12
"""Pauli products that one term with projectors is written as, at most."""


_EVERYTHING = "everything"
"""The label of a value that is 1, and is there to be saved on all qubits."""


def append_terms(
    template: Template, kept: Sequence[int], terms: Sequence[TermLabel], readout: Readout
) -> None:
    """Append the saving of each term's value to a template.

    Args:
        template: A circuit without measurements.
        kept: The qubits that matter, rising.
        terms: Distinct non-trivial labels.
        readout: How outcomes are misread.

    Raises:
        UnsupportedError: A term is a sum of too many Pauli products.
    """
    # Where Aer leaves qubits out of the simulation, it repeats a shorter operator's letters on
    # qubits that it does not act on. Where everything is saved it leaves none out: to save on few
    # qubits is safe then, and takes a fraction of the time on matrix product states.
    is_whole = len(kept) == template.circuit.num_qubits
    left = set(kept)
    for number, term in enumerate(terms):
        acting = [qubit for qubit in kept if term[len(term) - 1 - qubit] != "I"]
        qubits = acting if is_whole else kept
        save = SaveExpectationValue(pauli_sum(term, qubits, readout), label=str(number))
        template.circuit.append(save, qubits)
        left.difference_update(acting)
    if is_whole and left:
        everything = SparsePauliOp("I" * len(kept))
        template.circuit.append(SaveExpectationValue(everything, label=_EVERYTHING), kept)


def pauli_sum(term: TermLabel, kept: Sequence[int], readout: Readout) -> SparsePauliOp:
    """Write what a term reads as a sum of Pauli products over some qubits."""
    width = len(term)
    factors: list[list[tuple[str, float]]] = []
    for qubit in kept:
        letter = term[width - 1 - qubit]
        if letter == "I":
            factors.append([("I", 1.0)])
            continue
        read = np.array(READ_OF_LETTER[letter])
        confusion = readout.of(qubit)
        if confusion is not None:
            read = confusion @ read
        mean, difference = float(read[0] + read[1]) / 2, float(read[0] - read[1]) / 2
        both = [("I", mean), (BASIS_OF_LETTER[letter], difference)]
        factors.append([(name, weight) for name, weight in both if weight])
    size = int(np.prod([float(len(factor)) for factor in factors]))
    if size > MAX_PAULIS:
        raise UnsupportedError(
            f"term {term!r} is a sum of {size} Pauli products, at most {MAX_PAULIS} can be "
            "computed here: use fewer projectors, or precision > 0"
        )
    parts = [
        ("".join(name for name, _ in reversed(chosen)), float(np.prod([w for _, w in chosen])))
        for chosen in product(*factors)
    ]
    return SparsePauliOp.from_list(parts)


def compute_values(
    session: AerSession, template: Template, rows: FloatArray, num_terms: int, width: int
) -> FloatArray:
    """Return the values [R, T] of the terms that `append_terms` appended."""
    found = session.run(template, rows, width)
    return np.array(
        [[float(np.real(one[str(number)])) for number in range(num_terms)] for one in found]
    ).reshape(rows.shape[0], num_terms)
