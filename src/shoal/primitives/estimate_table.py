"""Estimates of a whole workload, and the elements of its pubs among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimates import GroupEstimates, constant_estimates
from .observables import FloatArray
from .workload import BASES_FIELD, RowGroup, Workload

MAX_REMEMBERED = 1 << 14
"""Elements of a pub whose places are remembered for the next request like this one."""


class EstimateTable:
    """Estimates of a whole workload, filled range by range in any order."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._groups: list[_GroupTable | None] = [None] * len(workload.groups)
        for constant in constant_estimates(workload):
            self.add(constant)

    def add(self, estimates: GroupEstimates) -> None:
        """Enter the estimates of some rows of a group."""
        group = self._workload.groups[estimates.group]
        if estimates.bases is None and estimates.rows.size == group.rows.size:
            whole = _GroupTable(estimates.evs, estimates.variances)
            self._groups[estimates.group] = whole
            return
        table = self._of_group(estimates.group)
        places = _places_among(group.rows, estimates.rows)
        table.evs[:, places] = estimates.evs
        table.variances[:, places] = estimates.variances
        if estimates.bases is not None and table.bases is not None:
            count = estimates.bases.shape[-1]
            table.bases[:, places, :count] = estimates.bases

    def of_pub(self, pub: int) -> dict[str, FloatArray]:
        """Return a pub's expectation values and standard errors, in the pub's shape.

        Those of stages have also what each basis contributes.
        """
        index = self._workload.pubs[pub]
        assert index.observables is not None
        shares, count = self._shares(pub), self._workload.most_bases(index.program)
        if not count and len(shares) == 1 and shares[0].is_whole:
            table = self._of_group(shares[0].group)
            evs, variances = table.evs, table.variances
            return {
                "evs": evs.reshape(index.shape),
                "stds": np.sqrt(variances, order="C").reshape(index.shape),
            }
        evs, variances = np.empty(index.rows.size), np.empty(index.rows.size)
        bases = np.full((index.rows.size, 1, count), np.nan)
        for share in shares:
            table = self._of_group(share.group)
            evs[share.elements] = table.evs.reshape(-1)[share.places]
            variances[share.elements] = table.variances.reshape(-1)[share.places]
            if count and table.bases is not None:
                of_each = table.bases.reshape(-1, table.bases.shape[-1])
                bases[share.elements, 0] = of_each[share.places]
        fields = {"evs": evs, "stds": np.sqrt(variances)}
        fields |= {BASES_FIELD: np.sqrt(bases)} if count else {}
        return {name: one.reshape(index.shape + one.shape[1:]) for name, one in fields.items()}

    def _of_group(self, number: int) -> _GroupTable:
        """Return a group's table: of what was not entered nothing is known."""
        table = self._groups[number]
        if table is None:
            group = self._workload.groups[number]
            shape = len(group.observables), group.rows.size
            count = self._workload.most_bases(group.program)
            table = self._groups[number] = _GroupTable(
                np.full(shape, np.nan),
                np.full(shape, np.nan),
                np.full((*shape, count), np.nan) if count else None,
            )
        return table

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
class _GroupTable:
    """Estimates of a row group's K observables on its R rows."""

    evs: FloatArray
    """Expectation values [K, R]."""
    variances: FloatArray
    """Of these [K, R]."""
    bases: FloatArray | None = None
    """What each basis adds to the variances [K, R, B], where that is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """The elements of a pub that one row group has estimates of."""

    group: int
    elements: NDArray[np.int64] | slice
    places: NDArray[np.int64]
    """Of each element, where it stands in the group's table, flattened."""
    is_whole: bool = False
    """Whether the pub is the table: the same elements in the same order."""


def _shares_of(workload: Workload, pub: int) -> Iterator[_Share]:
    index = workload.pubs[pub]
    assert index.observables is not None
    num_rows = workload.programs[index.program].num_rows
    for number in workload.groups_of(index.program):
        group = workload.groups[number]
        if group.rows.size == num_rows:
            places = _places_in(group, index.rows, index.observables)
            is_whole = _is_count_up(places, len(group.observables) * num_rows)
            yield _Share(number, slice(None), places, is_whole)
            return
    groups, positions = _places_of_rows(workload, index.program)
    group_of_element = groups[index.rows]
    for number in workload.groups_of(index.program):
        chosen = group_of_element == number
        if not chosen.any():
            continue
        elements = slice(None) if chosen.all() else np.flatnonzero(chosen)
        positions_here = positions[index.rows[elements]]
        places = _places_in(workload.groups[number], positions_here, index.observables[elements])
        yield _Share(number, elements, places)


def _places_in(
    group: RowGroup, positions: NDArray[np.int64], observables: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where elements stand in a group's table.

    Args:
        group: The group.
        positions: The position of each element's row among the group's.
        observables: Each element's observable.
    """
    if len(group.observables) == 1:
        return positions
    found = np.searchsorted(np.array(group.observables), observables)
    return positions + found * group.rows.size


def _places_among(members: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Return where some of a group's rows stand among all of them, both rising."""
    first, last = np.searchsorted(members, rows[[0, -1]]) if rows.size else (0, -1)
    if last - first + 1 == rows.size:
        return slice(int(first), int(last) + 1)
    return np.searchsorted(members, rows)


def _is_count_up(places: NDArray[np.int64], size: int) -> bool:
    """Return whether places are 0, 1, 2 and so on to the last one."""
    return places.size == size and bool((places == np.arange(size)).all())


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
