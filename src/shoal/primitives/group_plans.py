"""What every block of a row group needs to know again: its terms, their weights and their masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .masks import TermMasks, term_masks
from .observables import FloatArray, coefficient_matrix, union_of_terms
from .workload import Variant, Workload


@dataclass(frozen=True, slots=True, eq=False)
class VariantPlan:
    """How one variant of a group is read."""

    variant: Variant
    columns: NDArray[np.intp]
    """The positions [t] of the variant's terms among the group's."""
    masks: TermMasks | None
    """The terms over the measured bits; ``None``: values are exact."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupPlan:
    """How a group's K observables are made of its T terms."""

    matrix: FloatArray
    """Weights [K, T]."""
    constants: FloatArray
    """Weights [K] of the identity."""
    variants: tuple[VariantPlan, ...]


def group_plan(workload: Workload, number: int) -> GroupPlan:
    """Return the plan of a group: made once for a workload and all that are like it.

    Args:
        workload: The whole workload.
        number: The group's position in it.
    """
    key = "group plan", number
    plan: GroupPlan | None = workload.derived.get(key)
    if plan is None:
        plan = workload.derived[key] = _plan(workload, number)
    return plan


def _plan(workload: Workload, number: int) -> GroupPlan:
    group = workload.groups[number]
    observables = [workload.observables[member] for member in group.observables]
    terms = union_of_terms(observables)
    column = {term: position for position, term in enumerate(terms)}
    variants = [workload.variants[variant] for variant in group.variants]
    return GroupPlan(
        *coefficient_matrix(observables, terms),
        tuple(
            VariantPlan(
                variant,
                np.array([column[term] for term in variant.terms], dtype=np.intp),
                None if variant.basis is None else term_masks(variant.basis, variant.terms),
            )
            for variant in variants
        ),
    )
