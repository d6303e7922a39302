"""Readout calibration: one set of twirled circuits serves every method of readout mitigation.

Each calibration circuit prepares a random string of flips and measures it. Read with its flips
undone it is the twirled |0...0> of TREX; read qubit by qubit it gives both error rates of a qubit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from ..masks import ByteArray, pack_bits
from ..observables import FloatArray
from ..outcomes import PackedBits
from ..workload import IntArray
from .assignment import AssignmentErrors
from .moments import Moments, deviations_of_clusters, moments_of_clusters


@dataclass(frozen=True, slots=True, eq=False)
class ReadoutCalibration:
    """What was read of each prepared string of flips: integers that add."""

    flips: NDArray[np.bool_]
    """The prepared strings [C, n], bit 0 first."""
    shots: IntArray
    """Shots of each [C]."""
    ones: IntArray
    """How often each bit was read as 1 [C, n]."""
    supports: ByteArray
    """Masks [T, bytes] of the supports whose contrast was measured."""
    parities: IntArray
    """Sums over shots of ``(-1) ** parity((bits ^ flips) & support)`` [C, T]."""

    @classmethod
    def empty(cls, flips: NDArray[np.bool_], supports: ByteArray) -> ReadoutCalibration:
        """Return the zero of the addition."""
        clusters, bits = flips.shape
        return cls(
            flips,
            np.zeros(clusters, dtype=np.int64),
            np.zeros((clusters, bits), dtype=np.int64),
            supports,
            np.zeros((clusters, len(supports)), dtype=np.int64),
        )

    def __add__(self, other: ReadoutCalibration) -> ReadoutCalibration:
        """Pool shots of the same prepared strings."""
        return replace(
            self,
            shots=self.shots + other.shots,
            ones=self.ones + other.ones,
            parities=self.parities + other.parities,
        )

    def on_bits(self, bits: list[int]) -> ReadoutCalibration:
        """Return the calibration of some of the bits, without joint supports."""
        flips = self.flips[:, bits]
        nothing = ReadoutCalibration.empty(flips, np.zeros((0, -(-len(bits) // 8)), np.uint8))
        return replace(nothing, shots=self.shots, ones=self.ones[:, bits])

    def errors(self) -> AssignmentErrors:
        """Return the error rates of each bit.

        Raises:
            RequestError: A bit was never prepared in one of its states.
        """
        one, zero = self._preparations()
        missing = np.flatnonzero((one == 0) | (zero == 0))
        if missing.size:
            raise RequestError(
                f"bits {missing.tolist()} were prepared in one state only in the "
                f"{len(self.flips)} readout calibration circuits; calibrate with more of them"
            )
        read_one = self.ones
        false_ones = np.where(self.flips, 0, read_one).sum(axis=0)
        true_ones = np.where(self.flips, read_one, 0).sum(axis=0)
        return AssignmentErrors(false_ones / zero, 1.0 - true_ones / one)

    def error_variances(self) -> tuple[FloatArray, FloatArray]:
        """Return the variances [n] of P(1|0) and of P(0|1)."""
        one, zero = self._preparations()
        errors = self.errors()
        p, q = errors.one_given_zero, errors.zero_given_one
        # Laplace's rule, in the spread only: no error among S shots does not prove a rate of 0.
        p_spread = np.maximum(p * (1 - p), 1.0 / (zero + 2))
        q_spread = np.maximum(q * (1 - q), 1.0 / (one + 2))
        return p_spread / zero, q_spread / one

    def contrasts(self) -> Moments:
        """Return the measured ``f_S = <Z_S>`` of the twirled |0...0> for every support [1, T]."""
        shots, parities = self._draws()
        return moments_of_clusters(shots[None], parities[None])

    def contrast_deviations(self) -> FloatArray:
        """Return what each draw adds to the errors of the contrasts [D, T].

        Draws are independent, so the product of the deviations with themselves, summed over draws,
        is the contrasts' covariance.
        """
        shots, parities = self._draws()
        return deviations_of_clusters(shots, parities)

    def _draws(self) -> tuple[IntArray, IntArray]:
        """Return shots [D] and parities [D, T] of what was drawn independently.

        A circuit and its complement, half of the circuits further on, are one draw together.
        """
        shots, parities = self.shots, self.parities
        half = len(shots) // 2
        if half >= 2 and (self.flips[:half] == ~self.flips[half : 2 * half]).all():
            shots = shots[:half] + shots[half : 2 * half]
            parities = parities[:half] + parities[half : 2 * half]
        return shots, parities

    def _preparations(self) -> tuple[IntArray, IntArray]:
        one = (self.flips * self.shots[:, None]).sum(axis=0)
        return one, self.shots.sum() - one


def calibration_flips(seed: np.random.SeedSequence, clusters: int, bits: int) -> NDArray[np.bool_]:
    """Draw the strings that the calibration circuits prepare.

    Args:
        seed: From the job's root seed.
        clusters: How many circuits, an even number.
        bits: The width n of the register.

    Returns:
        Strings [clusters, n]: each uniformly random, the second half the complement of the first,
        so that every bit is prepared as often in 0 as in 1.
    """
    half = np.random.Generator(np.random.Philox(seed)).integers(0, 2, (clusters // 2, bits))
    return np.concatenate([half, 1 - half]).astype(np.bool_)


def tally_calibration(
    bits: PackedBits,
    counts: IntArray,
    clusters: IntArray,
    flips: NDArray[np.bool_],
    supports: ByteArray,
) -> ReadoutCalibration:
    """Count what was read of each prepared string.

    Args:
        bits: Raw shots [N, bytes].
        counts: How many shots each entry stands for [N].
        clusters: Which prepared string each entry was read from [N].
        flips: The prepared strings [C, n].
        supports: Masks [T, bytes] of the supports that are wanted.

    Returns:
        The calibration.
    """  # fmt: skip
    num_clusters, num_bits = flips.shape
    shots = np.zeros(num_clusters, dtype=np.int64)
    np.add.at(shots, clusters, counts)
    ones = np.zeros((num_clusters, num_bits), dtype=np.int64)
    for bit in range(num_bits):
        is_one = (bits[:, -1 - bit // 8] >> (bit % 8)) & 1
        np.add.at(ones[:, bit], clusters, is_one * counts)
    frame = bits ^ pack_bits(flips)[clusters]
    parities = np.zeros((num_clusters, len(supports)), dtype=np.int64)
    for number, support in enumerate(supports):
        odd = np.bitwise_count(frame & support).sum(axis=1, dtype=np.int64) & 1
        np.add.at(parities[:, number], clusters, (1 - 2 * odd) * counts)
    return ReadoutCalibration(flips, shots, ones, supports, parities)
