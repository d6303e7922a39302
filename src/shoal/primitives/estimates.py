"""Outcomes to estimates: expectation values with variances that know their covariances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .group_plans import GroupPlan, VariantPlan, group_plan
from .observables import FloatArray
from .outcomes import BlockOutcome, ShotRows
from .tallies import Tally, tally_shots
from .workload import IntArray, Workload

MAX_PRODUCTS = 1 << 21
"""Products of readings that are held at once, 16 MiB: rows beyond are estimated after them."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupEstimates:
    """Estimates of a row group's K observables on some of its rows."""

    group: int
    rows: IntArray
    """Rows of the program [R], rising."""
    evs: FloatArray
    """Expectation values [K, R]."""
    variances: FloatArray
    """Variances of the estimates [K, R]; 0 where the values are exact."""
    bases: FloatArray | None = None
    """What each basis adds to them [K, R, B], where that is asked for."""


class RangeReduction:
    """Folds the blocks of one range of a program's rows: the slices of its shots, as they come.

    What is kept of a slice are integers, so any order gives the same bits and no two slices' shots
    are ever needed together.
    """

    def __init__(self, workload: Workload) -> None:
        """Start with nothing.

        Args:
            workload: The whole workload.
        """
        self._workload = workload
        self._added = 0
        self._tallies: dict[int, Tally] = {}
        self._found: tuple[GroupEstimates, ...] = ()

    def add(self, outcome: BlockOutcome) -> bool:
        """Take one block; return whether it was the last one of the range."""
        block = self._workload.blocks[outcome.block]
        self._added += 1
        if block.slices == 1:
            self._found = tuple(_estimates_of_block(self._workload, outcome))
            return True
        for number, rows in _rows_of_groups(self._workload, outcome):
            plan = group_plan(self._workload, number)
            for one, tally in zip(plan.variants, _tallies(plan, outcome, rows), strict=True):
                kept = self._tallies.get(one.variant.index)
                self._tallies[one.variant.index] = tally if kept is None else kept + tally
        if self._added == block.slices:
            self._found = tuple(self._finished(outcome))
        return self._added == block.slices

    def estimates(self) -> tuple[GroupEstimates, ...]:
        """Return an entry for each row group with rows in the range, once all blocks are there."""
        return self._found

    def _finished(self, outcome: BlockOutcome) -> Iterator[GroupEstimates]:
        for number, rows in _rows_of_groups(self._workload, outcome):
            plan = group_plan(self._workload, number)
            tallies = [self._tallies[one.variant.index] for one in plan.variants]
            yield _estimates_of_shots(plan, number, rows, tallies)


def estimate_range(
    workload: Workload, outcomes: Iterable[BlockOutcome]
) -> tuple[GroupEstimates, ...]:
    """Estimate all observables of one range of a program's rows.

    Args:
        workload: The whole workload.
        outcomes: Every block of that range: one, or all the slices of its shots.

    Returns:
        One entry for each row group that has rows in the range, or more where these are many.
    """
    reduction = RangeReduction(workload)
    for outcome in outcomes:
        reduction.add(outcome)
    return reduction.estimates()


def constant_estimates(workload: Workload) -> tuple[GroupEstimates, ...]:
    """Estimate the groups that need no execution: multiples of the identity."""
    return tuple(
        _constants(group_plan(workload, number), number, group.rows)
        for number, group in enumerate(workload.groups)
        if not group.variants
    )


def _constants(plan: GroupPlan, number: int, rows: IntArray) -> GroupEstimates:
    evs = np.repeat(plan.constants[:, None], rows.size, axis=1)
    return GroupEstimates(number, rows, evs, np.zeros_like(evs))


def _rows_of_groups(workload: Workload, outcome: BlockOutcome) -> Iterator[tuple[int, IntArray]]:
    """Return the groups with rows in a block that were run, and these rows."""
    block = workload.blocks[outcome.block]
    for number in workload.groups_of(block.program):
        group = workload.groups[number]
        if not group.variants:
            continue
        if block.start == 0 and block.stop == workload.programs[block.program].num_rows:
            yield number, group.rows
            continue
        first, last = np.searchsorted(group.rows, [block.start, block.stop])
        if first < last:
            yield number, group.rows[first:last]


def _estimates_of_block(workload: Workload, outcome: BlockOutcome) -> Iterator[GroupEstimates]:
    """Estimate a whole range from its only block."""
    for number, rows in _rows_of_groups(workload, outcome):
        plan = group_plan(workload, number)
        if plan.variants[0].variant.is_exact:
            evs = _weighted_sums(plan.matrix, _values_of(plan.variants[0], outcome))
            evs += plan.constants[:, None]
            yield GroupEstimates(number, rows, evs, np.zeros(evs.shape))
            continue
        largest = max(one.columns.size for one in plan.variants)
        step = max(1, MAX_PRODUCTS // largest**2)
        for first in range(0, rows.size, step):
            part = rows[first : first + step]
            yield _estimates_of_shots(plan, number, part, _tallies(plan, outcome, part))


def _values_of(one: VariantPlan, outcome: BlockOutcome) -> FloatArray:
    return next(rows.values for rows in outcome.values if rows.variant == one.variant.index)


def _weighted_sums(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """Return ``matrix @ values.T`` [K, R], summed term by term.

    The last bits of a BLAS product depend on its number of threads and on the processor.
    """
    sums = np.zeros((matrix.shape[0], values.shape[0]))
    for weights, column in zip(matrix.T, values.T, strict=True):
        if weights.all():
            sums += weights[:, None] * column
        else:
            (members,) = np.nonzero(weights)
            sums[members] += weights[members, None] * column
    return sums


def _tallies(plan: GroupPlan, outcome: BlockOutcome, rows: IntArray) -> list[Tally]:
    """Tally each variant's shots of some consecutive rows of a group."""
    found = []
    for one in plan.variants:
        assert one.masks is not None
        shots = next(shots for shots in outcome.shots if shots.variant == one.variant.index)
        found.append(tally_shots(_between(shots, int(rows[0]), int(rows[-1])), one.masks))
    return found


def _between(shots: ShotRows, first_row: int, last_row: int) -> ShotRows:
    """Return the shots of rows from the first to the last one."""
    if shots.rows[0] >= first_row and shots.rows[-1] <= last_row:
        return shots
    start = int(np.searchsorted(shots.rows, first_row))
    here = slice(start, int(np.searchsorted(shots.rows, last_row, side="right")))
    return ShotRows(
        shots.variant,
        shots.rows[here],
        {name: bits[here] for name, bits in shots.bits.items()},
        None if shots.counts is None else shots.counts[here],
    )


def _estimates_of_shots(
    plan: GroupPlan, number: int, rows: IntArray, tallies: Sequence[Tally]
) -> GroupEstimates:
    """Add up the shares of all bases, and those shares' variances.

    A term that several bases can read is pooled over all of their shots: its weight in a basis is
    that basis' part of them. Shots of different bases are independent, so shares and variances add;
    within a basis the whole covariance matrix of the terms counts.
    """
    found = _constants(plan, number, rows)
    pooled = np.zeros((rows.size, plan.matrix.shape[1]))
    for one, tally in zip(plan.variants, tallies, strict=True):
        pooled[:, one.columns] += tally.shots[:, None]
    added = []
    for one, tally in zip(plan.variants, tallies, strict=True):
        shots = tally.shots[:, None].astype(np.float64)
        share = shots / pooled[:, one.columns]
        ev, variance = _basis_estimates(plan.matrix[:, one.columns], share, tally, shots)
        np.add(found.evs, ev, out=found.evs)
        np.add(found.variances, variance, out=found.variances)
        added.append(variance)
    is_asked = any(one.variant.factor_shots is not None for one in plan.variants)
    return replace(found, bases=np.stack(added, axis=-1)) if is_asked else found


def _basis_estimates(
    matrix: FloatArray, share: FloatArray, tally: Tally, shots: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a basis' share [K, R] of every observable, and that share's variance [K, R].

    Args:
        matrix: Weights of the terms that the basis reads [K, t].
        share: This basis' part of each term's shots [R, t].
        tally: The basis' own.
        shots: Shots of each row [R, 1].
    """
    weights = matrix[:, None, :] * share[None]
    means = tally.sums / shots
    second = tally.products / shots[:, :, None]
    # Not `optimize`: it calls BLAS, whose last bits depend on threads and processor.
    half = np.einsum("rtu,kru->krt", second, weights)
    spread = np.einsum("krt,krt->kr", weights, half)
    ev = np.einsum("krt,rt->kr", weights, means)
    return ev, np.maximum(spread - ev**2, 0.0) / np.maximum(shots[:, 0] - 1, 1)
