"""A whole result as one Arrow table: a line for each element, or for each observed string."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from qiskit.primitives import BitArray, PrimitiveResult, PubResult

from ...primitives.request import Request
from ..sweeps.labels import Label, PubLabels
from .elements import IntArray, PubElements, elements_of


def result_table(
    request: Request, labels: Sequence[PubLabels], result: PrimitiveResult[PubResult]
) -> pa.Table:
    """Lay a result out as lines.

    Args:
        request: What was asked.
        labels: One a pub.
        result: What came back.

    Returns:
        Estimator: columns ``pub``, ``circuit``, ``precision``, the observables' labels, the
        parameters, ``ev``, ``std``. Sampler: ``pub``, ``circuit``, ``shots``, the parameters,
        ``register``, ``bitstring``, ``count``.
    """
    tables = []
    for elements, pub_result in zip(elements_of(request, labels), result, strict=True):
        if request.primitive == "estimator":
            tables.append(_estimates(elements, pub_result))
        else:
            tables.extend(_counts(elements, pub_result))
    return pa.concat_tables(tables, promote_options="permissive")


def _estimates(elements: PubElements, result: PubResult) -> pa.Table:
    size = elements.sets.size
    columns: dict[str, Any] = {
        "pub": np.full(size, elements.pub),
        "circuit": pa.array([elements.labels.circuit] * size, pa.string()),
        "precision": np.full(size, elements.request.precision, dtype=np.float64),
    }
    for name in dict.fromkeys(key for labels in elements.labels.observables for key in labels):
        said = [labels.get(name) for labels in elements.labels.observables]
        columns[name] = _label_column(said).take(pa.array(elements.observables))
    columns |= _parameters(elements, elements.sets)
    columns["ev"] = np.asarray(result.data.evs, dtype=np.float64).reshape(-1)
    columns["std"] = np.asarray(result.data.stds, dtype=np.float64).reshape(-1)
    return pa.table(columns)


def _counts(elements: PubElements, result: PubResult) -> Iterator[pa.Table]:
    for register in result.data:
        bits = result.data[register]
        numbers, strings, counts = _observed(bits)
        size = counts.size
        columns: dict[str, Any] = {
            "pub": np.full(size, elements.pub),
            "circuit": pa.array([elements.labels.circuit] * size, pa.string()),
            "shots": np.full(size, bits.num_shots),
            **_parameters(elements, elements.sets[numbers]),
            "register": pa.array([register] * size, pa.string()),
            "bitstring": strings,
            "count": counts,
        }
        yield pa.table(columns)


def _observed(bits: BitArray) -> tuple[IntArray, pa.Array, IntArray]:
    """Count the distinct strings of each element, in rising order.

    Returns:
        The element's number, the string and the count of each line.
    """
    width = bits.array.shape[-1]
    flat = bits.array.reshape(-1, bits.num_shots, width)
    numbers, found, counts = [], [np.zeros((0, width), dtype=np.uint8)], []
    for number, shots in enumerate(flat):
        # Bytes compare in order, highest bits first, as the strings do.
        distinct, how_often = np.unique(shots, axis=0, return_counts=True)
        numbers.append(np.full(how_often.size, number))
        found.append(distinct)
        counts.append(how_often)
    unpacked = np.unpackbits(np.concatenate(found), axis=1)[:, 8 * width - bits.num_bits :]
    letters = (unpacked + ord("0")).tobytes().decode("ascii")
    strings = [letters[i : i + bits.num_bits] for i in range(0, len(letters), bits.num_bits)]
    empty = [np.zeros(0, dtype=np.int64)]
    return (
        np.concatenate(empty + numbers),
        pa.array(strings, pa.string()),
        np.concatenate(empty + counts),
    )


def _parameters(elements: PubElements, sets: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {name: elements.values[sets, position] for position, name in enumerate(elements.names)}


def _label_column(said: Sequence[Label | None]) -> pa.Array:
    """Make one column of labels: numbers where all of them are, otherwise text."""
    if all(label is None or isinstance(label, float) for label in said):
        return pa.array(said, pa.float64())
    return pa.array([None if label is None else str(label) for label in said], pa.string())
