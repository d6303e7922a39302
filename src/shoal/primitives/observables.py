"""Observables as sums of labelled terms, in canonical form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers.observables_array import ObservablesArray

from .errors import RequestError

TermLabel = str
"""One character a qubit over ``IXYZ01+-rl``, the highest qubit first, as Qiskit writes it."""

FloatArray = NDArray[np.float64]

BASIS_OF_LETTER = {
    "I": "I",
    **dict.fromkeys("X+-", "X"),
    **dict.fromkeys("Yrl", "Y"),
    **dict.fromkeys("Z01", "Z"),
}
"""The Pauli basis in which a letter of a term is read."""


@dataclass(frozen=True, slots=True)
class Observable:
    """A real-weighted sum of Pauli-projector terms."""

    terms: tuple[TermLabel, ...]
    """Distinct labels, sorted."""
    coefficients: tuple[float, ...]
    """One real weight a term."""

    @classmethod
    def from_mapping(cls, mapping: dict[TermLabel, float]) -> Observable:
        """Make the canonical form of ``{label: weight}``."""
        terms = tuple(sorted(mapping))
        return cls(terms, tuple(float(mapping[term]) for term in terms))

    def to_mapping(self) -> dict[TermLabel, float]:
        """Return ``{label: weight}``."""
        return dict(zip(self.terms, self.coefficients, strict=True))


_PAULIS_OF_PROJECTOR = {
    letter: (("I", 0.5), (BASIS_OF_LETTER[letter], sign))
    for letters, sign in (("0+r", 0.5), ("1-l", -0.5))
    for letter in letters
}
"""A projector is half the identity and half the Pauli of its basis, with its sign."""

MAX_EXPANDED_TERMS = 1 << 16


def in_paulis(observable: Observable) -> Observable:
    """Write an observable in Pauli terms: a projector on k qubits becomes 2**k of them.

    Args:
        observable: In terms of Paulis and projectors.

    Returns:
        The same observable without projectors.

    Raises:
        RequestError: The expansion is too long to be meant.
    """
    if not any(letter in _PAULIS_OF_PROJECTOR for term in observable.terms for letter in term):
        return observable
    found: dict[TermLabel, float] = {}
    for term, weight in observable.to_mapping().items():
        choices = [_PAULIS_OF_PROJECTOR.get(letter, ((letter, 1.0),)) for letter in term]
        if prod(map(len, choices)) > MAX_EXPANDED_TERMS:
            raise RequestError(
                f"observable term {term!r} projects too many qubits to be mitigated: it expands to "
                f"{prod(map(len, choices))} Pauli terms, of at most {MAX_EXPANDED_TERMS}"
            )
        for letters in product(*choices):
            label = "".join(letter for letter, _ in letters)
            share = prod(factor for _, factor in letters)
            found[label] = found.get(label, 0.0) + weight * share
    return Observable.from_mapping(found)


def observables_of(array: ObservablesArray) -> list[Observable]:
    """Read a pub's observables, flattened in C order.

    Args:
        array: Any shape of Qiskit's container.

    Returns:
        One canonical observable an element.
    """
    flat = array.ravel()
    return [Observable.from_mapping(dict(flat[position])) for position in range(flat.size)]


def union_of_terms(observables: Iterable[Observable]) -> tuple[TermLabel, ...]:
    """Return the distinct non-trivial terms of several observables, sorted.

    Args:
        observables: Observables on one number of qubits.

    Returns:
        Every label that is not the identity; the identity needs no measurement.
    """
    labels = {term for observable in observables for term in observable.terms}
    return tuple(sorted(label for label in labels if set(label) != {"I"}))


def coefficient_matrix(
    observables: Iterable[Observable], terms: tuple[TermLabel, ...]
) -> tuple[FloatArray, FloatArray]:
    """Write observables as rows over common terms.

    Args:
        observables: K observables.
        terms: T labels that cover all of their non-trivial terms.

    Returns:
        The matrix [K, T] of weights and the vector [K] of identity weights.
    """
    column = {term: position for position, term in enumerate(terms)}
    chosen = list(observables)
    matrix = np.zeros((len(chosen), len(terms)))
    constants = np.zeros(len(chosen))
    for row, observable in enumerate(chosen):
        for term, weight in zip(observable.terms, observable.coefficients, strict=True):
            if term in column:
                matrix[row, column[term]] += weight
            else:
                constants[row] += weight
    return matrix, constants
