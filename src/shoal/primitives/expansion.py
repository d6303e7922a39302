"""Request to workload: pubs become programs, row groups, variants and blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np

from .bases import commuting_bases, compatible_terms
from .blocks import cut_blocks
from .errors import RequestError, UnsupportedError
from .layouts import laid_out
from .mitigation.resilience import resilience_of
from .nominal_costs import nominal_costs
from .observables import FloatArray, Observable, in_paulis, union_of_terms
from .precision import shots_for_precision
from .request import PubRequest, Request
from .workload import IntArray, Program, PubIndex, RowGroup, Variant, Workload


def expand(request: Request) -> Workload:
    """Lay out everything that a request asks to be executed.

    Args:
        request: A coerced and validated request.

    Returns:
        The workload. It depends on the request's content alone, so any process that holds the
        request derives the same one.
    """
    if request.options.execution.adaptive:
        raise UnsupportedError(
            "execution.adaptive runs a request in stages, as Estimator.run and shoal run do; one "
            "that is to run as it is must have it switched off"
        )
    plan = resilience_of(request.options)
    if not plan.is_active:
        return laid_out(request, _plain)
    plain = _plain(request if request.primitive == "sampler" else _in_paulis(request))
    # Folding and twirling are imported where they are asked for only.
    from .mitigation.layout import calibrated, mitigated

    lay_out = calibrated if request.primitive == "sampler" else mitigated
    return lay_out(request, plain, plan)


def _plain(request: Request) -> Workload:
    """Lay a request out without regard to mitigation."""
    expansion = _Expansion(request)
    return expansion.sampler() if request.primitive == "sampler" else expansion.estimator()


def _in_paulis(request: Request) -> Request:
    """Write all observables in Pauli terms: each of them has a contrast and a decay of its own."""
    pubs = tuple(
        replace(pub, observables=tuple(map(in_paulis, pub.observables))) for pub in request.pubs
    )
    return replace(request, pubs=pubs)


Shots = int | tuple[tuple[int, ...], ...] | None
"""Of each basis, or of each basis at each noise factor; ``None``: exact values."""


class _Expansion:
    """Collects a workload's parts while walking the pubs once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._row_counts: list[int] = []
        self._rows: list[list[FloatArray]] = []
        self._keys: dict[tuple[int, Shots, str], int] = {}
        self._observables: dict[Observable, int] = {}
        self._pubs: list[PubIndex] = []
        self._needs: list[list[tuple[tuple[int, ...], IntArray]]] = []
        _check_engines(request)

    def estimator(self) -> Workload:
        for pub in self._request.pubs:
            shots = shots_for_precision(pub.precision or 0.0)
            program, offset = self._place(pub, pub.basis_shots or shots)
            rows, elements = broadcast_elements(pub)
            numbers = np.array([self._intern(one) for one in pub.observables], dtype=np.int64)
            self._pubs.append(PubIndex(pub.shape, program, rows + offset, numbers[elements]))
            self._needs.append(list(self._needs_of(pub, offset, numbers)))
        groups, variants = self._groups_and_variants()
        return self._finish(variants, groups)

    def sampler(self) -> Workload:
        for pub in self._request.pubs:
            program, offset = self._place(pub, pub.shots)
            rows = np.arange(offset, offset + _size(pub.shape), dtype=np.int64)
            self._pubs.append(PubIndex(pub.shape, program, rows, None))
        variants = tuple(
            Variant(number, number, "main", None, (), cast("int | None", shots))
            for number, (_, shots, _) in enumerate(self._keys)
        )
        return self._finish(variants, ())

    def _place(self, pub: PubRequest, shots: Shots) -> tuple[int, int]:
        """Append a pub's parameter sets to its circuit's program; return program and first row."""
        engine = self._request.engine_of(len(self._pubs))
        program = self._keys.setdefault((pub.circuit, shots, engine), len(self._keys))
        if program == len(self._rows):
            self._rows.append([])
            self._row_counts.append(0)
        rows = pub.parameters.reshape(_size(pub.parameters_shape), pub.parameters.shape[-1])
        offset = self._row_counts[program]
        self._rows[program].append(rows)
        self._row_counts[program] += rows.shape[0]
        return program, offset

    def _needs_of(
        self, pub: PubRequest, offset: int, numbers: IntArray
    ) -> Iterator[tuple[tuple[int, ...], IntArray]]:
        """Return which rows of a pub need which set of observables."""
        index = self._pubs[-1]
        if not index.rows.size or index.observables is None:
            return
        if _is_product(pub.parameters_shape, pub.observables_shape):
            rows = np.arange(_size(pub.parameters_shape), dtype=np.int64) + offset
            yield tuple(np.unique(numbers).tolist()), rows
        else:
            yield from _observables_of_paired_rows(index.rows, index.observables)

    def _intern(self, observable: Observable) -> int:
        return self._observables.setdefault(observable, len(self._observables))

    def _groups_and_variants(self) -> tuple[tuple[RowGroup, ...], tuple[Variant, ...]]:
        groups: list[RowGroup] = []
        variants: list[Variant] = []
        observables = tuple(self._observables)
        for program, (_, shots, _) in enumerate(self._keys):
            for rows, members in self._observables_of_rows(program):
                terms = union_of_terms(observables[member] for member in members)
                subset = None if rows.size == self._row_counts[program] else rows
                first = len(variants)
                for place, (basis, read) in enumerate(self._bases(terms, exact=shots is None)):
                    drawn, apart = _shots_of_basis(shots, place)
                    variants.append(
                        Variant(
                            first + place, program, "main", basis, read, drawn, subset,
                            factor_shots=apart,
                        )
                    )  # fmt: skip
                groups.append(RowGroup(program, rows, members, tuple(range(first, len(variants)))))
        return tuple(groups), tuple(variants)

    def _bases(
        self, terms: tuple[str, ...], *, exact: bool
    ) -> Iterator[tuple[str | None, tuple[str, ...]]]:
        if not terms:
            return
        if exact:
            yield None, terms
            return
        if getattr(self._request.options, "abelian_grouping", True):
            for basis in commuting_bases(terms):
                yield basis, tuple(terms[t] for t in compatible_terms(basis, terms))
        else:
            for term in terms:
                yield commuting_bases([term])[0], (term,)

    def _observables_of_rows(self, program: int) -> list[tuple[IntArray, tuple[int, ...]]]:
        """Partition a program's rows by the set of observables that each of them needs."""
        sets: dict[tuple[int, ...], list[IntArray]] = {}
        for pub, needs in zip(self._pubs, self._needs, strict=True):
            for members, rows in needs if pub.program == program else ():
                sets.setdefault(members, []).append(rows)
        return [(np.concatenate(found), members) for members, found in sets.items()]

    def _finish(self, variants: tuple[Variant, ...], groups: tuple[RowGroup, ...]) -> Workload:
        request = self._request
        programs = tuple(
            Program(
                number,
                request.circuits[circuit],
                request.digests[circuit],
                self._rows[number][0]
                if len(self._rows[number]) == 1
                else np.concatenate(self._rows[number]),
                engine=engine,
            )
            for number, (circuit, _, engine) in enumerate(self._keys)
        )
        costs = nominal_costs(programs, variants, request.options.simulator)
        blocks = tuple(cut_blocks(programs, variants, costs))
        return Workload(
            programs, variants, blocks, tuple(self._observables), groups, tuple(self._pubs), costs
        )


def _shots_of_basis(shots: Shots, place: int) -> tuple[int | None, tuple[int, ...] | None]:
    """Return the shots of one of a group's bases, and those at each noise factor."""
    if not isinstance(shots, tuple):
        return shots, None
    apart = tuple(of_factor[min(place, len(of_factor) - 1)] for of_factor in shots)
    return apart[0], apart


def _check_engines(request: Request) -> None:
    engines = request.options.execution.engines
    if engines is not None and len(engines) != len(request.pubs):
        raise RequestError(
            f"option execution.engines: found {len(engines)} names for {len(request.pubs)} pubs,"
            " expected one a pub"
        )


def broadcast_elements(pub: PubRequest) -> tuple[IntArray, IntArray]:
    """Return the parameter set and the observable of each element of a pub, in C order."""
    sets = np.arange(_size(pub.parameters_shape)).reshape(pub.parameters_shape)
    elements = np.arange(len(pub.observables)).reshape(pub.observables_shape)
    rows, numbers = np.broadcast_arrays(sets, elements)
    return rows.reshape(-1).astype(np.int64), numbers.reshape(-1).astype(np.int64)


def _is_product(parameters_shape: tuple[int, ...], observables_shape: tuple[int, ...]) -> bool:
    """Tell whether broadcasting pairs every parameter set with every observable."""
    aligned = zip(reversed(parameters_shape), reversed(observables_shape), strict=False)
    return all(min(ours, theirs) <= 1 for ours, theirs in aligned)


def _observables_of_paired_rows(
    rows: IntArray, observables: IntArray
) -> Iterator[tuple[tuple[int, ...], IntArray]]:
    """Group rows by the exact set of observables that they are paired with."""
    width = int(observables.max()) + 1
    paired_rows, members = np.divmod(np.unique(rows * width + observables), width)
    starts = np.flatnonzero(np.diff(paired_rows, prepend=-1))
    found: dict[tuple[int, ...], list[int]] = {}
    for row, members_of_row in zip(paired_rows[starts], np.split(members, starts[1:]), strict=True):
        found.setdefault(tuple(members_of_row.tolist()), []).append(int(row))
    for key, chosen in found.items():
        yield key, np.array(chosen, dtype=np.int64)


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))
