"""Quasi-probabilities: readout-mitigated counts, with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.result import QuasiDistribution

from ..errors import RequestError
from ..observables import FloatArray
from ..outcomes import PackedBits
from ..workload import IntArray
from .assignment import AssignmentErrors
from .m3 import AssignmentSystem, Method, assignment_system
from .plain_algebra import product
from .rate_errors import RateErrors

SOLUTION_TOLERANCE = 1e-7
ERROR_TOLERANCE = 1e-2
"""Relative residuals: of the quasi-probabilities, and of what is only their error bar."""

MAX_BUCKETS = 64
"""Of randomizations whose spread is an error bar."""

MAX_NORM_STEPS = 3
"""Steps of the iteration that estimates the 1-norm of an inverse."""


@dataclass(frozen=True, slots=True, eq=False)
class QuasiProbabilities:
    """A signed distribution over the observed strings; it adds to one."""

    bits: PackedBits
    """Distinct strings [N, bytes]."""
    values: FloatArray
    """Quasi-probabilities [N]."""
    stds: FloatArray
    """Standard errors [N] of the values, from the shots and from the calibration."""
    overhead: float
    """Square of the inverse's 1-norm: the most by which an observable's variance grows."""
    shots: int
    method: Method
    distance: int

    @property
    def std_upper_bound(self) -> float:
        """Bound on the standard error of any expectation value of a +-1 observable."""
        return float(np.sqrt(self.overhead / self.shots))

    def to_qiskit(self) -> QuasiDistribution:
        """Return Qiskit's mapping from string, as a number, to quasi-probability."""
        keys = [int.from_bytes(row.tobytes(), "big") for row in self.bits]
        return QuasiDistribution(
            dict(zip(keys, self.values.tolist(), strict=True)),
            shots=self.shots,
            stddev_upper_bound=self.std_upper_bound,
        )


def quasi_probabilities(
    bits: PackedBits,
    counts: IntArray,
    errors: AssignmentErrors,
    distance: int | None = None,
    known: RateErrors | None = None,
    clusters: IntArray | None = None,
) -> QuasiProbabilities:
    """Undo readout errors on the strings that were observed.

    Args:
        bits: Observed strings [N, bytes], repeats allowed.
        counts: Shots of each [N].
        errors: Calibrated readout errors of the register's bits, in its order.
        distance: See `assignment_system`.
        known: How well the errors are known, and in which frames the bits were read; ``None``:
            exactly, and in none.
        clusters: Which randomization each string was drawn in [N], of equal shots each; ``None``:
            all shots are independent.

    Returns:
        Quasi-probabilities on the distinct strings, in rising order of their bytes.
    """
    if bits.shape[1] != -(-errors.num_bits // 8):
        raise RequestError(
            f"strings of {bits.shape[1]} bytes cannot be mitigated with readout errors of "
            f"{errors.num_bits} bits"
        )
    strings, shots_of_string, place = placed_strings(bits, counts)
    shots = int(shots_of_string.sum())
    if not shots:
        raise RequestError("readout mitigation needs at least one shot; there is none")
    seen = errors if known is None else known.seen(errors)
    system = assignment_system(strings, seen, distance)
    observed = shots_of_string / shots
    values = system.solve(observed, SOLUTION_TOLERANCE)
    # Krylov residuals leave the sum off by their tolerance; the matrix itself preserves it.
    values = values / values.sum()
    if clusters is None:
        stds = _standard_deviations(system, observed, values, shots)
    else:
        stds = np.sqrt(_cluster_variances(system, place, counts, clusters))
    if known is not None:
        stds = np.sqrt(stds**2 + known.variances(strings, values, errors))
    return QuasiProbabilities(
        strings,
        values,
        stds,
        _overhead(system),
        shots,
        system.method,
        system.distance,
    )


def distinct_strings(bits: PackedBits, counts: IntArray) -> tuple[PackedBits, IntArray]:
    """Merge repeated strings.

    Args:
        bits: Strings [N, bytes].
        counts: Shots of each [N].

    Returns:
        Distinct strings in rising order of their bytes, and the shots of each.
    """
    strings, totals, _ = placed_strings(bits, counts)
    return strings, totals


def placed_strings(
    bits: PackedBits, counts: IntArray
) -> tuple[PackedBits, IntArray, NDArray[np.int64]]:
    """Merge repeated strings, and return the position of each string among the distinct ones too.

    Args:
        bits: Strings [N, bytes].
        counts: Shots of each [N].
    """
    width = bits.shape[1]
    joined = np.ascontiguousarray(bits).view(np.dtype((np.void, width))).reshape(-1)
    # Sorting by number is several times faster than by void where a string fits in a word.
    if width <= 8:
        numbers = np.pad(bits, ((0, 0), (8 - width, 0))).view(">u8").reshape(-1).astype(np.uint64)
        _, first, place = np.unique(numbers, return_index=True, return_inverse=True)
    else:
        _, first, place = np.unique(joined, return_index=True, return_inverse=True)
    totals = np.zeros(first.size, dtype=np.int64)
    np.add.at(totals, place, counts)
    return np.ascontiguousarray(bits[first]), totals, place


def nearest_probabilities(values: FloatArray) -> FloatArray:
    """Return the probabilities nearest to quasi-probabilities (Smolin et al., arXiv:1106.5458).

    Args:
        values: Quasi-probabilities [N] that add to one.

    Returns:
        The non-negative values [N] that add to one, at the least Euclidean distance.

    >>> nearest_probabilities(np.array([0.7, 0.4, -0.1])).round(6).tolist()
    [0.65, 0.35, 0.0]
    """
    falling = np.sort(values)[::-1]
    shifts = (1.0 - np.cumsum(falling)) / np.arange(1, values.size + 1)
    kept = np.flatnonzero(falling + shifts > 0)[-1]
    return np.asarray(np.maximum(values + shifts[kept], 0.0))


def _standard_deviations(
    system: AssignmentSystem, observed: FloatArray, values: FloatArray, shots: int
) -> FloatArray:
    """Propagate the multinomial spread of the counts: ``(sum_j B_ij**2 p_j - x_i**2) / shots``."""
    if system.inverse is not None:
        second = product(system.inverse**2, observed)
    else:
        # To first order in the flips the inverse is 2/d - A/(d d'), d the diagonal: within some per
        # cent of the inverse itself at error rates up to 10 %, and one product instead of N solves.
        squared = system.diagonal**2
        scaled = observed / squared
        second = scaled + (system.apply_squared(scaled) - squared * scaled) / squared
    return np.asarray(np.sqrt(np.maximum(second - values**2, 0.0) / shots))


def _cluster_variances(
    system: AssignmentSystem, place: NDArray[np.int64], counts: IntArray, clusters: IntArray
) -> FloatArray:
    """Return the variances of the mean over randomizations, each of them one draw.

    Many randomizations are put together in buckets, whose means vary as much.
    """
    found = int(clusters.max()) + 1
    buckets = min(found, MAX_BUCKETS)
    bucket = clusters * buckets // found
    total, squares = np.zeros(system.num_strings), np.zeros(system.num_strings)
    for number in range(buckets):
        inside = bucket == number
        read = np.bincount(place[inside], counts[inside], system.num_strings)
        undone = _undone(system, read / counts[inside].sum())
        total += undone
        squares += undone**2
    spread = squares - total**2 / buckets
    return np.asarray(np.maximum(spread, 0.0) / (buckets * max(buckets - 1, 1)))


def _undone(system: AssignmentSystem, observed: FloatArray) -> FloatArray:
    """Undo readout errors: to first order in the flips where there is no inverse."""
    if system.inverse is not None:
        return product(system.inverse, observed)
    scaled = observed / system.diagonal
    return 2.0 * scaled - system.apply(scaled) / system.diagonal


def _overhead(system: AssignmentSystem) -> float:
    """Estimate the square of the inverse's 1-norm, from below and nearly always sharply.

    The inverse of a product of assignment matrices has the sign of the parity of the distance, so
    the parities of the strings find its largest column in one solve. On a restricted matrix that
    is the start of Higham's iteration, which stops as soon as nothing is gained.
    """
    if system.inverse is not None:
        return float(np.abs(system.inverse).sum(axis=0).max() ** 2)
    signs, norm = system.parities, 0.0
    for _ in range(MAX_NORM_STEPS):
        columns = np.abs(system.solve(signs, ERROR_TOLERANCE, transposed=True))
        largest = int(columns.argmax())
        unit = np.zeros(system.num_strings)
        unit[largest] = 1.0
        column = system.solve(unit, ERROR_TOLERANCE)
        gained, signs = float(np.abs(column).sum()), np.where(column < 0, -1.0, 1.0)
        if gained <= norm * (1 + ERROR_TOLERANCE):
            break
        norm = gained
    return norm**2
