"""Terms to measurement bases: qubit-wise commuting groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .observables import BASIS_OF_LETTER, TermLabel

BasisLabel = str
"""One letter of ``IXYZ`` a qubit, the highest qubit first; ``I`` is not measured."""

_CODE = np.zeros(128, dtype=np.uint8)
for _letter, _basis in BASIS_OF_LETTER.items():
    _CODE[ord(_letter)] = "IXYZ".index(_basis)


def basis_codes(labels: Sequence[str]) -> NDArray[np.uint8]:
    """Read labels as integers: 0 for I, 1, 2, 3 for a letter read in X, Y, Z.

    Args:
        labels: T labels of one length n.

    Returns:
        Codes [T, n] in the labels' own order (the highest qubit first).
    """
    joined = "".join(labels).encode("ascii")
    width = len(labels[0]) if labels else 0
    return _CODE[np.frombuffer(joined, dtype=np.uint8)].reshape(len(labels), width)


def commuting_bases(terms: Sequence[TermLabel]) -> tuple[BasisLabel, ...]:
    """Cover terms by few qubit-wise commuting measurement bases.

    First fit over terms in falling weight: deterministic, and within a few per cent of graph
    colouring on molecular Hamiltonians. Qubits on which any term acts are measured in every
    basis (in Z where a group leaves them free), since those bits serve further terms for nothing.

    Args:
        terms: Distinct labels, none of them the identity.

    Returns:
        The bases; every term is compatible with at least one of them.
    """
    if not terms:
        return ()
    codes = basis_codes(terms)
    order = sorted(range(len(terms)), key=lambda t: (-int(np.count_nonzero(codes[t])), terms[t]))
    bases = np.zeros_like(codes)
    count = 0
    for t in order:
        clash = ((bases[:count] != 0) & (codes[t] != 0) & (bases[:count] != codes[t])).any(axis=1)
        fits = np.flatnonzero(~clash)
        chosen = int(fits[0]) if fits.size else count
        count = max(count, chosen + 1)
        bases[chosen] = np.maximum(bases[chosen], codes[t])
    found = bases[:count]
    found[:, (codes != 0).any(axis=0)] = np.where(
        (free := found[:, (codes != 0).any(axis=0)]) == 0, 3, free
    )
    return tuple("".join("IXYZ"[code] for code in row) for row in found)


def compatible_terms(basis: BasisLabel, terms: Sequence[TermLabel]) -> NDArray[np.intp]:
    """Find the terms that can be read from shots in a basis.

    Args:
        basis: The measurement basis.
        terms: Labels of the same length.

    Returns:
        Positions into ``terms``, rising.
    """
    if not terms:
        return np.zeros(0, dtype=np.intp)
    codes, wanted = basis_codes([basis])[0], basis_codes(terms)
    return np.flatnonzero(((wanted == 0) | (wanted == codes)).all(axis=1))


def measured_qubits(basis: BasisLabel) -> tuple[int, ...]:
    """Return the qubits that a basis measures, rising; the k-th of them is bit k of a shot."""
    width = len(basis)
    return tuple(qubit for qubit in range(width) if basis[width - 1 - qubit] != "I")
