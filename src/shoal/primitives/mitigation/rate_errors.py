"""What the errors of a calibration do to quasi-probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..observables import FloatArray
from ..outcomes import PackedBits
from .assignment import AssignmentErrors
from .neighbours import Words, neighbour_pairs, packed_words


@dataclass(frozen=True, slots=True, eq=False)
class RateErrors:
    """How well the readout errors of n bits are known, and which frames they were read in."""

    one_given_zero: FloatArray
    """Variance of P(1|0) [n]."""
    zero_given_one: FloatArray
    """Variance of P(0|1) [n]."""
    flipped: FloatArray
    """The share of the shots [n] in which a frame flipped the bit, undone since."""

    def seen(self, errors: AssignmentErrors) -> AssignmentErrors:
        """Return the errors of the bits as they are once frames are undone.

        A flipped 0 is read as a 1 is: each rate is a mean of both, weighted by the frames that were
        really drawn.
        """
        p, q, flipped = errors.one_given_zero, errors.zero_given_one, self.flipped
        return AssignmentErrors(p + flipped * (q - p), q + flipped * (p - q))

    def variances(
        self, bits: PackedBits, values: FloatArray, errors: AssignmentErrors
    ) -> FloatArray:
        """Return what the calibration adds to the variances of quasi-probabilities [N].

        The inverse of a product of matrices depends on one bit's rates through that bit's matrix
        alone: an error in a rate moves weight between the two strings that differ there. Exact on
        all strings of a register; of those that were not seen nothing moves.

        Args:
            bits: Distinct strings [N, bytes].
            values: Their quasi-probabilities [N].
            errors: The readout errors, frames or not: their contrast is the same.
        """
        words = packed_words(bits)
        zero, one, bit = _pairs_by_bit(words, errors.num_bits)
        kept, flipped = 1.0 - self.flipped[bit], self.flipped[bit]
        by_p = values[zero] * kept - values[one] * flipped
        by_q = values[zero] * flipped - values[one] * kept
        moved = by_p**2 * self.one_given_zero[bit] + by_q**2 * self.zero_given_one[bit]
        moved /= errors.contrast[bit] ** 2
        both = np.concatenate([zero, one])
        found = np.bincount(both, np.concatenate([moved, moved]), len(values))
        return found.astype(np.float64)


def _pairs_by_bit(
    words: Words, num_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of strings that differ in one bit: the one with a 0, with a 1, the bit."""
    first, second = (one.astype(np.int64) for one in neighbour_pairs(words, num_bits, 1))
    differing = words[first] ^ words[second]
    word = differing.argmax(axis=1)
    single = np.take_along_axis(differing, word[:, None], axis=1)[:, 0]
    offset = 64 * (words.shape[1] - 1 - word)
    bit = np.bitwise_count(single - np.uint64(1)).astype(np.int64) + offset
    has_one = (np.take_along_axis(words[first], word[:, None], axis=1)[:, 0] & single) != 0
    return np.where(has_one, second, first), np.where(has_one, first, second), bit
