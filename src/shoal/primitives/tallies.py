"""Tallies: what is kept of shots for the reduce. Integers that add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .masks import TermMasks
from .outcomes import ShotRows
from .parities import product_sums
from .workload import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sufficient statistics of one variant's shots, row by row.

    With ``o`` the reading (-1, 0 or 1) of a term from a shot, the sums and the products of readings
    are all that means and covariances need. Adding two tallies pools their shots; any order and
    any tree of additions gives the same integers.
    """

    rows: IntArray
    """Distinct rows [R], rising."""
    shots: IntArray
    """Shots of each row [R]."""
    sums: IntArray
    """Sum of ``o_t`` over a row's shots [R, T]."""
    products: IntArray
    """Sum of ``o_t * o_u`` over a row's shots [R, T, T]."""

    @classmethod
    def empty(cls, num_terms: int) -> Tally:
        """Return the zero of the addition."""
        none = np.zeros(0, dtype=np.int64)
        return cls(
            none,
            none,
            np.zeros((0, num_terms), dtype=np.int64),
            np.zeros((0, num_terms, num_terms), dtype=np.int64),
        )

    def __add__(self, other: Tally) -> Tally:
        """Pool the shots of two tallies of one variant."""
        rows = np.union1d(self.rows, other.rows)
        shape = (rows.size, self.sums.shape[1])
        pooled = Tally(
            rows,
            np.zeros(rows.size, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            np.zeros((*shape, shape[1]), dtype=np.int64),
        )
        for part in (self, other):
            places = np.searchsorted(rows, part.rows)
            pooled.shots[places] += part.shots
            pooled.sums[places] += part.sums
            pooled.products[places] += part.products
        return pooled


def tally_shots(shots: ShotRows, masks: TermMasks) -> Tally:
    """Count the readings of terms in a variant's shots.

    Args:
        shots: Shots of one variant in one register, sorted by row.
        masks: The variant's terms over that register's bits.

    Returns:
        The tally of exactly these shots.
    """
    (bits,) = shots.bits.values()
    starts = np.flatnonzero(np.diff(shots.rows, prepend=-1))
    offsets = np.append(starts, shots.rows.size)
    # Beside a term that always reads 1, products are sums, and its own square counts the shots.
    found = product_sums(bits, shots.counts, offsets, _with_constant(masks))
    return Tally(shots.rows[starts], found[:, 0, 0], found[:, 0, 1:], found[:, 1:, 1:])


def _with_constant(masks: TermMasks) -> TermMasks:
    return TermMasks(
        *(np.pad(mask, ((1, 0), (0, 0))) for mask in (masks.parity, masks.projector, masks.value))
    )
