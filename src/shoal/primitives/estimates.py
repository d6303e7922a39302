"""Outcomes to estimates: expectation values with variances that know their covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce as fold

import numpy as np

from .bases import measured_qubits
from .masks import term_masks
from .observables import FloatArray, TermLabel, coefficient_matrix, union_of_terms
from .outcomes import BlockOutcome
from .tallies import Tally, tally_shots
from .workload import IntArray, Variant, Workload


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


def estimate_range(
    workload: Workload, outcomes: Sequence[BlockOutcome]
) -> tuple[GroupEstimates, ...]:
    """Estimate all observables of one range of a program's rows.

    Args:
        workload: The whole workload.
        outcomes: Every block of that range: one, or all the slices of its shots.

    Returns:
        One entry for each row group that has rows in the range.
    """
    block = workload.blocks[outcomes[0].block]
    found = []
    for number in workload.groups_of(block.program):
        group = workload.groups[number]
        first, last = np.searchsorted(group.rows, [block.start, block.stop])
        rows = group.rows[first:last]
        if rows.size:
            found.append(_estimate_group(workload, number, rows, outcomes))
    return tuple(found)


def constant_estimates(workload: Workload) -> tuple[GroupEstimates, ...]:
    """Estimate the groups that need no execution: multiples of the identity."""
    return tuple(
        _estimate_group(workload, number, group.rows, ())
        for number, group in enumerate(workload.groups)
        if not group.variants
    )


def _estimate_group(
    workload: Workload, number: int, rows: IntArray, outcomes: Sequence[BlockOutcome]
) -> GroupEstimates:
    group = workload.groups[number]
    observables = [workload.observables[member] for member in group.observables]
    terms = union_of_terms(observables)
    matrix, constants = coefficient_matrix(observables, terms)
    evs = np.repeat(constants[:, None], rows.size, axis=1)
    variances = np.zeros_like(evs)
    variants = [workload.variants[variant] for variant in group.variants]
    if variants and variants[0].is_exact:
        evs += _weighted_sums(matrix, _exact_values(variants[0], outcomes))
    elif variants:
        tallies = [_tally(variant, outcomes) for variant in variants]
        for ev, variance in _basis_estimates(variants, tallies, terms, matrix):
            evs += ev
            variances += variance
    return GroupEstimates(number, rows, evs, variances)


def _weighted_sums(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """Return ``matrix @ values.T`` [K, R], summed term by term.

    The last bits of a BLAS product depend on its number of threads and on the processor.
    """
    sums = np.zeros((matrix.shape[0], values.shape[0]))
    for weights, column in zip(matrix.T, np.ascontiguousarray(values.T), strict=True):
        (members,) = np.nonzero(weights)
        sums[members] += weights[members, None] * column
    return sums


def _exact_values(variant: Variant, outcomes: Sequence[BlockOutcome]) -> FloatArray:
    parts = [
        rows for outcome in outcomes for rows in outcome.values if rows.variant == variant.index
    ]
    return parts[0].values


def _tally(variant: Variant, outcomes: Sequence[BlockOutcome]) -> Tally:
    assert variant.basis is not None
    masks = term_masks(variant.basis, variant.terms)
    num_bits = len(measured_qubits(variant.basis))
    parts = [
        tally_shots(shots, masks, num_bits)
        for outcome in outcomes
        for shots in outcome.shots
        if shots.variant == variant.index
    ]
    return fold(Tally.__add__, parts)


def _basis_estimates(
    variants: Sequence[Variant],
    tallies: Sequence[Tally],
    terms: Sequence[TermLabel],
    matrix: FloatArray,
) -> list[tuple[FloatArray, FloatArray]]:
    """Return each basis' share of every observable, and that share's variance.

    A term that several bases can read is pooled over all of their shots: its weight in a basis is
    that basis' part of them. Shots of different bases are independent, so shares and variances add;
    within a basis the whole covariance matrix of the terms counts.
    """
    column = {term: position for position, term in enumerate(terms)}
    reads = [np.array([column[term] for term in variant.terms]) for variant in variants]
    pooled = np.zeros((tallies[0].rows.size, len(terms)))
    for read, tally in zip(reads, tallies, strict=True):
        pooled[:, read] += tally.shots[:, None]
    found = []
    for read, tally in zip(reads, tallies, strict=True):
        shots = tally.shots[:, None].astype(np.float64)
        weights = matrix[:, None, read] * (shots / pooled[:, read])[None]
        means = tally.sums / shots
        second = tally.products / shots[:, :, None]
        # Not `optimize`: it calls BLAS, whose last bits depend on threads and processor.
        half = np.einsum("rtu,kru->krt", second, weights)
        spread = np.einsum("krt,krt->kr", weights, half)
        ev = np.einsum("krt,rt->kr", weights, means)
        variance = np.maximum(spread - ev**2, 0.0) / np.maximum(shots[:, 0] - 1, 1)
        found.append((ev, variance))
    return found
