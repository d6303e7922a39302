"""Request to workload: pubs become programs, row groups, variants and blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from qiskit import QuantumCircuit

from .bases import commuting_bases, compatible_terms, measured_qubits
from .observables import FloatArray, Observable, union_of_terms
from .precision import shots_for_precision
from .request import PubRequest, Request
from .workload import Block, IntArray, Program, PubIndex, RowGroup, Variant, Workload

MIN_ROWS, MAX_ROWS, BLOCKS_WANTED = 64, 4096, 16
"""Bounds of a block's rows, and how many blocks a program of middling size is cut into."""

MAX_TABLE_ROWS = 1 << 22
"""Entries of a block's shot table at the most."""

MAX_BLOCK_SECONDS = 2.0
"""Nominal cost of a block at the most, so that little is lost when a worker dies."""


def expand(request: Request) -> Workload:
    """Lay out everything that a request asks to be executed.

    Args:
        request: A coerced and validated request.

    Returns:
        The workload. It depends on the request's content alone, so any process that holds the
        request derives the same one.
    """
    if request.primitive == "estimator":
        return _Expansion(request).estimator()
    return _Expansion(request).sampler()


class _Expansion:
    """Collects a workload's parts while walking the pubs once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._row_counts: list[int] = []
        self._rows: list[list[FloatArray]] = []
        self._keys: dict[tuple[int, int | None], int] = {}
        self._observables: dict[Observable, int] = {}
        self._pubs: list[PubIndex] = []
        self._is_product: list[bool] = []

    def estimator(self) -> Workload:
        for pub in self._request.pubs:
            shots = shots_for_precision(pub.precision or 0.0)
            program, offset = self._place(pub, shots)
            rows, elements = _broadcast(pub)
            numbers = np.array([self._intern(one) for one in pub.observables], dtype=np.int64)
            self._pubs.append(PubIndex(pub.shape, program, rows + offset, numbers[elements]))
            self._is_product.append(_is_product(pub.parameters_shape, pub.observables_shape))
        groups, variants = self._groups_and_variants()
        return self._finish(variants, groups)

    def sampler(self) -> Workload:
        for pub in self._request.pubs:
            program, offset = self._place(pub, pub.shots)
            rows = np.arange(offset, offset + _size(pub.shape), dtype=np.int64)
            self._pubs.append(PubIndex(pub.shape, program, rows, None))
        variants = tuple(
            Variant(number, number, "main", None, (), shots)
            for number, (_, shots) in enumerate(self._keys)
        )
        return self._finish(variants, ())

    def _place(self, pub: PubRequest, shots: int | None) -> tuple[int, int]:
        """Append a pub's parameter sets to its circuit's program; return program and first row."""
        program = self._keys.setdefault((pub.circuit, shots), len(self._keys))
        if program == len(self._rows):
            self._rows.append([])
            self._row_counts.append(0)
        rows = pub.parameters.reshape(_size(pub.parameters_shape), pub.parameters.shape[-1])
        offset = self._row_counts[program]
        self._rows[program].append(rows)
        self._row_counts[program] += rows.shape[0]
        return program, offset

    def _intern(self, observable: Observable) -> int:
        return self._observables.setdefault(observable, len(self._observables))

    def _groups_and_variants(self) -> tuple[tuple[RowGroup, ...], tuple[Variant, ...]]:
        groups: list[RowGroup] = []
        variants: list[Variant] = []
        observables = tuple(self._observables)
        for program, (_, shots) in enumerate(self._keys):
            for rows, members in self._observables_of_rows(program):
                terms = union_of_terms(observables[member] for member in members)
                subset = None if rows.size == self._row_counts[program] else rows
                first = len(variants)
                for basis, read in self._bases(terms, shots):
                    number = len(variants)
                    variants.append(Variant(number, program, "main", basis, read, shots, subset))
                groups.append(RowGroup(program, rows, members, tuple(range(first, len(variants)))))
        return tuple(groups), tuple(variants)

    def _bases(
        self, terms: tuple[str, ...], shots: int | None
    ) -> Iterator[tuple[str | None, tuple[str, ...]]]:
        if not terms:
            return
        if shots is None:
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
        for pub, is_product in zip(self._pubs, self._is_product, strict=True):
            if pub.program != program or pub.observables is None or not pub.rows.size:
                continue
            if is_product:
                members = tuple(np.unique(pub.observables).tolist())
                sets.setdefault(members, []).append(np.unique(pub.rows))
                continue
            for members, rows in _observables_of_paired_rows(pub.rows, pub.observables):
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
            )
            for number, (circuit, _) in enumerate(self._keys)
        )
        blocks = tuple(_blocks(programs, variants))
        return Workload(
            programs, variants, blocks, tuple(self._observables), groups, tuple(self._pubs)
        )


def _broadcast(pub: PubRequest) -> tuple[IntArray, IntArray]:
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


def _blocks(programs: Sequence[Program], variants: Sequence[Variant]) -> Iterator[Block]:
    index = 0
    by_program: dict[int, list[Variant]] = {}
    for variant in variants:
        by_program.setdefault(variant.program, []).append(variant)
    for program in programs:
        members = by_program.get(program.index, [])
        if not members:
            continue
        rows, slices = block_size(program, members)
        for start in range(0, program.num_rows, rows):
            stop = min(start + rows, program.num_rows)
            for slice_index in range(slices):
                yield Block(index, program.index, start, stop, slice_index, slices)
                index += 1


def block_size(program: Program, variants: Sequence[Variant]) -> tuple[int, int]:
    """Choose how many rows a block has, and into how many slices its shots are cut.

    Args:
        program: The program.
        variants: Its variants.

    Returns:
        Rows of a block, and slices of every row's shots.
    """
    entries = max(1, sum(_table_rows(program.circuit, variant) for variant in variants))
    shots = max((variant.shots or 0 for variant in variants), default=0)
    slices = max(1, min(-(-entries // MAX_TABLE_ROWS), shots))
    wanted = min(max(-(-program.num_rows // BLOCKS_WANTED), MIN_ROWS), MAX_ROWS)
    bound_by_table = MAX_TABLE_ROWS // -(-entries // slices)
    bound_by_cost = int(MAX_BLOCK_SECONDS / nominal_row_seconds(program.circuit, variants))
    return max(1, min(wanted, bound_by_table, bound_by_cost)), slices


def nominal_row_seconds(circuit: QuantumCircuit, variants: Sequence[Variant]) -> float:
    """Estimate one row's cost with fixed constants, the same on every machine.

    Args:
        circuit: The template.
        variants: What is executed of it.

    Returns:
        Seconds on a nominal core; right within an order of magnitude, used for sizes only.
    """
    gates = max(len(circuit.data), 1)
    amplitudes = 2.0 ** min(circuit.num_qubits, 26)
    shots = sum(variant.shots or 0 for variant in variants)
    return 1e-6 + gates * amplitudes * 2.5e-9 + shots * circuit.num_qubits * 1e-9


def _table_rows(circuit: QuantumCircuit, variant: Variant) -> int:
    """Count the entries of one row's shots: repeated strings are kept once, with a count."""
    if variant.shots is None:
        return 0
    bits = len(measured_qubits(variant.basis)) if variant.basis else circuit.num_clbits
    return min(variant.shots, 1 << min(bits, 62))
