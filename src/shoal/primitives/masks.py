"""Terms as masks over the packed bits of a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bases import BasisLabel, measured_qubits
from .observables import TermLabel

ByteArray = NDArray[np.uint8]

_PROJECTED_BIT = {**dict.fromkeys("0+r", 0), **dict.fromkeys("1-l", 1)}


@dataclass(frozen=True, slots=True, eq=False)
class TermMasks:
    """T terms as masks [T, bytes] in the byte order of Qiskit's ``BitArray``.

    A term reads ``(-1) ** parity(bits & parity)`` from a shot in which ``bits & projector`` equals
    ``value``, and 0 from any other.
    """

    parity: ByteArray
    projector: ByteArray
    value: ByteArray

    @property
    def num_terms(self) -> int:
        """How many terms there are."""
        return int(self.parity.shape[0])


def term_masks(basis: BasisLabel, terms: Sequence[TermLabel]) -> TermMasks:
    """Write terms as masks over the bits that a basis measures.

    Args:
        basis: The measurement basis; bit k of a shot is its k-th measured qubit.
        terms: Labels that are compatible with the basis.

    Returns:
        The masks.
    """
    qubits = measured_qubits(basis)
    letters = np.array([[term[len(basis) - 1 - qubit] for qubit in qubits] for term in terms])
    letters = letters.reshape(len(terms), len(qubits))
    is_projector = np.isin(letters, list(_PROJECTED_BIT))
    is_one = np.isin(letters, [letter for letter, bit in _PROJECTED_BIT.items() if bit])
    return TermMasks(
        pack_bits((letters != "I") & ~is_projector), pack_bits(is_projector), pack_bits(is_one)
    )


def pack_bits(bits: NDArray[np.bool_]) -> ByteArray:
    """Pack bits [..., n], bit 0 first, into bytes [..., ceil(n / 8)] as ``BitArray`` does."""
    padding = -bits.shape[-1] % 8
    padded = np.zeros((*bits.shape[:-1], bits.shape[-1] + padding), dtype=np.uint8)
    padded[..., padding:] = bits[..., ::-1]
    return np.packbits(padded, axis=-1, bitorder="big")
