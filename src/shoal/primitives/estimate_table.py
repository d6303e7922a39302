"""Estimates of a whole workload, and the elements of its pubs among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimates import GroupEstimates, constant_estimates
from .observables import FloatArray
from .workload import BASES_FIELD, Workload

MAX_REMEMBERED = 1 << 14
"""Elements of a pub whose places are remembered for the next request like this one."""


class EstimateTable:
    """Estimates of a whole workload, filled range by range in any order."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._evs = [np.full((len(g.observables), g.rows.size), np.nan) for g in workload.groups]
        self._variances = [np.full_like(evs, np.nan) for evs in self._evs]
        self._bases = [
            np.full((*evs.shape, workload.most_bases(group.program)), np.nan)
            for group, evs in zip(workload.groups, self._evs, strict=True)
        ]
        for constant in constant_estimates(workload):
            self.add(constant)

    def add(self, estimates: GroupEstimates) -> None:
        """Enter the estimates of some rows of a group."""
        group = self._workload.groups[estimates.group]
        places = np.searchsorted(group.rows, estimates.rows)
        self._evs[estimates.group][:, places] = estimates.evs
        self._variances[estimates.group][:, places] = estimates.variances
        if estimates.bases is not None:
            count = estimates.bases.shape[-1]
            self._bases[estimates.group][:, places, :count] = estimates.bases

    def of_pub(self, pub: int) -> dict[str, FloatArray]:
        """Return a pub's expectation values and standard errors, in the pub's shape.

        Those of stages have also what each basis contributes.
        """
        index = self._workload.pubs[pub]
        assert index.observables is not None
        evs, variances = np.empty(index.rows.size), np.empty(index.rows.size)
        count = self._workload.most_bases(index.program)
        bases = np.full((index.rows.size, 1, count), np.nan)
        for share in self._shares(pub):
            evs[share.elements] = self._evs[share.group].reshape(-1)[share.places]
            variances[share.elements] = self._variances[share.group].reshape(-1)[share.places]
            if count:
                of_group = self._bases[share.group]
                of_each = of_group.reshape(-1, of_group.shape[-1])
                bases[share.elements, 0] = of_each[share.places]
        fields = {"evs": evs, "stds": np.sqrt(variances)}
        fields |= {BASES_FIELD: np.sqrt(bases)} if count else {}
        return {name: one.reshape(index.shape + one.shape[1:]) for name, one in fields.items()}

    def _shares(self, pub: int) -> Sequence[_Share]:
        """Return where a pub's elements are found; remembered where that is not much."""
        key = "shares", pub
        known: Sequence[_Share] | None = self._workload.derived.get(key)
        if known is None:
            known = tuple(_shares_of(self._workload, pub))
            if self._workload.pubs[pub].rows.size <= MAX_REMEMBERED:
                self._workload.derived[key] = known
        return known


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """The elements of a pub that one row group has estimates of."""

    group: int
    elements: NDArray[np.int64] | slice
    places: NDArray[np.int64]
    """Of each element, where it stands in the group's table, flattened."""


def _shares_of(workload: Workload, pub: int) -> Iterator[_Share]:
    index = workload.pubs[pub]
    assert index.observables is not None
    groups, positions = _places_of_rows(workload, index.program)
    group_of_element = groups[index.rows]
    for number in workload.groups_of(index.program):
        chosen = group_of_element == number
        if not chosen.any():
            continue
        elements = slice(None) if chosen.all() else np.flatnonzero(chosen)
        group = workload.groups[number]
        places = positions[index.rows[elements]]
        if len(group.observables) > 1:
            members = np.array(group.observables)
            found = np.searchsorted(members, index.observables[elements])
            places = places + found * group.rows.size
        yield _Share(number, elements, places)


def _places_of_rows(
    workload: Workload, program: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each row of a program, its group and its position there."""
    rows = workload.programs[program].num_rows
    groups, positions = np.full(rows, -1), np.zeros(rows, dtype=np.int64)
    for number in workload.groups_of(program):
        members = workload.groups[number].rows
        groups[members] = number
        positions[members] = np.arange(members.size)
    return groups, positions
