"""``[observables.NAME]`` to labelled observables: inline terms, CSV, JSON or a function."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qiskit.quantum_info import Pauli, PauliList, SparseObservable, SparsePauliOp

from .functions import call_function
from .model import ObservablesTable
from .numbers import read_number

LETTERS = frozenset("IXYZ01+-rl")

Terms = dict[str, float]
"""Label, the highest qubit first, to weight."""

Label = str | float


@dataclass(frozen=True, slots=True)
class NamedObservable:
    """One observable of a sweep, with what the file says about it."""

    terms: Terms
    labels: Mapping[str, Label] = field(default_factory=dict)
    """Column to value: what tells this observable from its neighbours in the results."""

    @property
    def num_qubits(self) -> int:
        """How many qubits its terms are written for."""
        return len(next(iter(self.terms)))


def read_observables(
    table: ObservablesTable, name: str, folder: Path, num_qubits: int
) -> list[NamedObservable]:
    """Make the observables that one table of a sweep file asks for.

    Args:
        table: The table.
        name: Its name in the file.
        folder: What relative paths start from.
        num_qubits: The width of the circuits, for sparse terms.

    Returns:
        One or more observables.

    Raises:
        ValueError: A file cannot be read, a label is no label, a weight is no number.
    """
    if table.file is not None and table.file.suffix == ".csv":
        found = _read_csv(folder / table.file.expanduser(), table)
    else:
        found = _number([_checked(one) for one in _terms_of(table, folder, num_qubits)], name)
    widths = {len(label) for observable in found for label in observable.terms}
    if len(widths) > 1:
        raise ValueError(f"found labels of {sorted(widths)} letters, expected one length")
    return found


def _terms_of(table: ObservablesTable, folder: Path, num_qubits: int) -> Sequence[Terms]:
    if table.terms is not None:
        return [table.terms]
    if table.each is not None:
        return table.each
    if table.sparse is not None:
        try:
            return [_terms_of_operator(SparsePauliOp.from_sparse_list(table.sparse, num_qubits))]
        except Exception as error:
            raise ValueError(f"sparse terms on {num_qubits} qubits: {error}") from error
    if table.function is not None:
        returned = call_function(table.function, table.arguments, folder)
        several = returned if isinstance(returned, list | tuple) else [returned]
        return [_terms_of_operator(one) for one in several]
    assert table.file is not None
    return _read_json(folder / table.file.expanduser())


def _number(several: Sequence[Terms], name: str) -> list[NamedObservable]:
    if len(several) == 1:
        return [NamedObservable(several[0], {"observable": name})]
    return [
        NamedObservable(
            terms, {"observable": next(iter(terms)) if len(terms) == 1 else f"{name}[{i}]"}
        )
        for i, terms in enumerate(several)
    ]


def _terms_of_operator(found: Any) -> Terms:
    if isinstance(found, str):
        return {found: 1.0}
    if isinstance(found, Mapping):
        return {str(label): read_number(weight) for label, weight in found.items()}
    if isinstance(found, Pauli | PauliList | SparseObservable):
        found = (
            SparsePauliOp(found)
            if not isinstance(found, SparseObservable)
            else SparsePauliOp.from_sparse_observable(found)
        )
    if not isinstance(found, SparsePauliOp):
        raise ValueError(
            f"found {type(found).__name__}, expected a SparsePauliOp or a table of terms"
        )
    terms: Terms = {}
    for label, weight in found.simplify().to_list():
        if abs(weight.imag) > 1e-12 * max(1.0, abs(weight.real)):
            raise ValueError(
                f"term {label} has weight {weight}, expected a real one: not Hermitian"
            )
        terms[label] = terms.get(label, 0.0) + float(weight.real)
    return terms


def _checked(terms: Terms) -> Terms:
    if not terms:
        raise ValueError("an observable has no terms")
    for label in terms:
        if not label or not set(label) <= LETTERS:
            raise ValueError(f"found term {label!r}, expected letters of IXYZ01+-rl, one a qubit")
    return terms


def _read_json(path: Path) -> list[Terms]:
    if path.suffix != ".json":
        raise ValueError(f"found {path.name}, expected a .csv or .json file")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {path}: {error}") from error
    several = content if isinstance(content, list) else [content]
    if not several or not all(isinstance(one, dict | str) for one in several):
        raise ValueError(f"{path}: expected {{label: weight}}, or a list of them")
    return [_terms_of_operator(one) for one in several]


def _read_csv(path: Path, table: ObservablesTable) -> list[NamedObservable]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(line for line in file if not line.startswith("#"))
            header, lines = list(reader.fieldnames or ()), list(reader)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    columns = table.columns or {name: name for name in header if name and set(name) <= LETTERS}
    if missing := [name for name in (*columns, *table.labels) if name not in header]:
        raise ValueError(f"{path} has no column {missing[0]!r}; its columns: {', '.join(header)}")
    if not columns or not lines:
        raise ValueError(
            f"{path}: found no observables; say columns = {{ COLUMN = 'PAULI LABEL' }}"
        )
    return [
        _observable_of_line(path, i, line, columns, table.labels) for i, line in enumerate(lines)
    ]


def _observable_of_line(
    path: Path, number: int, line: dict[str, str], columns: Mapping[str, str], labels: Sequence[str]
) -> NamedObservable:
    terms: Terms = {}
    for column, label in columns.items():
        try:
            weight = read_number(line[column] or "")
        except ValueError as error:
            raise ValueError(
                f"{path}: observable {number + 1}, column {column!r}: {error}"
            ) from error
        terms[label] = terms.get(label, 0.0) + weight
    said = {column: _label(line[column]) for column in labels} or {"observable": float(number)}
    return NamedObservable(_checked(terms), said)


def _label(text: str) -> Label:
    try:
        return float(text)
    except ValueError:
        return text
