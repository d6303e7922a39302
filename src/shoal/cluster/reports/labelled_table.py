"""A result's table with the names that people know its lines by: circuits, labels, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from qiskit.primitives import PrimitiveResult, PubResult

from ...orchestrator.result_tables import result_table
from ...primitives.request import Request
from ..sweeps.labels import Label, PubLabels
from .elements import PubElements, elements_of

READ = {"ev": "evs", "std": "stds", "lower": "evs_lower", "upper": "evs_upper"}
"""Columns of an estimator's result, by the fields that they show; the last two where intervals are
asked for."""

SEEN = ("register", "bitstring", "count", "quasi", "quasi_std", "selected")
"""Columns of a sampler's result."""


def labelled_table(
    request: Request, labels: Sequence[PubLabels], result: PrimitiveResult[PubResult]
) -> pa.Table:
    """Lay a result out as lines.

    Args:
        request: What was asked.
        labels: One a pub.
        result: What came back.

    Returns:
        Estimator: columns ``pub``, ``circuit``, ``precision``, the observables' labels, the
        parameters, ``ev``, ``std``, and where intervals are asked for ``lower`` and ``upper``.
        Sampler: ``pub``, ``circuit``, ``shots``, the parameters, ``register``, ``bitstring``,
        ``count``, and what mitigation adds (``quasi``, ...).
    """
    lines = result_table(request, result)
    ends = np.searchsorted(lines["pub"].to_numpy(), np.arange(len(request.pubs) + 1))
    tables = [
        _labelled(request, elements, lines.slice(start, stop - start))
        for elements, start, stop in zip(
            elements_of(request, labels), ends[:-1], ends[1:], strict=True
        )
    ]
    return pa.concat_tables(tables, promote_options="permissive")


def _labelled(request: Request, elements: PubElements, lines: pa.Table) -> pa.Table:
    size = lines.num_rows
    columns: dict[str, Any] = {
        "pub": lines["pub"],
        "circuit": pa.array([elements.labels.circuit] * size, pa.string()),
    }
    if request.primitive == "estimator":
        columns["precision"] = np.full(size, elements.request.precision, dtype=np.float64)
        columns |= _observable_labels(elements, lines["observable"].to_numpy())
    else:
        columns["shots"] = np.full(size, elements.request.shots, dtype=np.int64)
    sets = lines["parameter"].to_numpy()
    for position, name in enumerate(elements.names):
        columns[name] = elements.values[sets, position]
    if request.primitive == "estimator":
        columns |= {
            name: lines[field] for name, field in READ.items() if field in lines.column_names
        }
    else:
        columns |= {name: lines[name] for name in SEEN if name in lines.column_names}
    return pa.table(columns)


def _observable_labels(
    elements: PubElements, numbers: np.ndarray[Any, np.dtype[np.int64]]
) -> dict[str, pa.Array]:
    several = elements.labels.observables
    return {
        name: _label_column([labels.get(name) for labels in several]).take(pa.array(numbers))
        for name in dict.fromkeys(key for labels in several for key in labels)
    }


def _label_column(said: Sequence[Label | None]) -> pa.Array:
    """Make one column of labels: numbers where all of them are, otherwise text."""
    if all(label is None or isinstance(label, float) for label in said):
        return pa.array(said, pa.float64())
    return pa.array([None if label is None else str(label) for label in said], pa.string())
