"""Results as Arrow tables: one row an estimate, or one a string that was seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, PubResult

from ..primitives.observables import FloatArray
from ..primitives.request import PubRequest, Request
from ..primitives.workload import IntArray
from .mitigated_strings import MitigatedStrings

CHUNK_SHOTS = 1 << 20
"""Shots that are counted at once."""

FieldShapes = Mapping[str, tuple[int, ...]]

Places = dict[str, pa.Array]
"""Columns that say which element of which pub a row is about."""


def result_table(request: Request, result: PrimitiveResult) -> pa.Table:
    """Write a result as a table.

    Args:
        request: What was asked.
        result: Its result.

    Returns:
        Columns ``pub``, ``element`` (the position in the pub's shape, in C order), ``index_0``,
        ``index_1``, ... (the same, axis by axis) and ``parameter`` (position in the pub's parameter
        sets); then for an estimator ``observable``, ``evs``, ``stds`` and whatever fields its
        mitigation adds (lists where an element has several numbers), for a sampler ``register``,
        ``bitstring`` and ``count``, and what its mitigation says of the string: ``quasi`` and
        ``quasi_std``, or ``selected``, its shots that passed post-selection.
    """
    axes = max((len(pub.shape) for pub in request.pubs), default=0)
    if request.primitive == "estimator":
        return _estimates(request.pubs, result, axes)
    pieces = [
        piece
        for number, pub in enumerate(request.pubs)
        for piece in _counts(number, pub, result[number], axes)
    ]
    if not pieces:
        return _no_counts(axes)
    return pa.concat_tables(pieces, promote_options="default")


def field_shapes(pub: PubRequest, result: PubResult) -> FieldShapes:
    """Return the shape that each field of an estimate has beyond the pub's.

    Args:
        pub: What was asked.
        result: Its result.
    """
    return {name: np.shape(result.data[name])[len(pub.shape) :] for name in result.data}


def estimates_of(
    table: pa.Table, shapes: Sequence[tuple[int, ...]], fields: Sequence[FieldShapes]
) -> list[DataBin]:
    """Read an estimator's data back, bit for bit.

    Args:
        table: What `result_table` made.
        shapes: The pubs' shapes, in order.
        fields: What `field_shapes` said of each pub.
    """
    names = dict.fromkeys(name for one in fields for name in one)
    flat = {name: _flat_floats(table.column(name)) for name in names}
    used = dict.fromkeys(names, 0)
    bins = []
    for shape, wanted in zip(shapes, fields, strict=True):
        held = {}
        for name, inner in wanted.items():
            start, used[name] = used[name], used[name] + _size((*shape, *inner))
            held[name] = np.array(flat[name][start : used[name]]).reshape((*shape, *inner))
        bins.append(DataBin(**held, shape=shape))
    return bins


def _estimates(pubs: Sequence[PubRequest], result: PrimitiveResult, axes: int) -> pa.Table:
    columns = _places(pubs, axes)
    columns["observable"] = _joined([_broadcast(p.observables_shape, p.shape) for p in pubs])
    for name in dict.fromkeys(["evs", "stds", *(name for one in result for name in one.data)]):
        columns[name] = _field(pubs, result, name)
    return pa.table(columns)


def _field(pubs: Sequence[PubRequest], result: PrimitiveResult, name: str) -> pa.Array:
    """Write one field of all pubs: null where a pub does not have it."""
    sizes = [_size(pub.shape) for pub in pubs]
    held = [getattr(one.data, name, None) for one in result]
    is_there = np.repeat(np.array([values is not None for values in held], dtype=bool), sizes)
    flat = np.concatenate([np.zeros(0), *(np.reshape(v, -1) for v in held if v is not None)])
    if all(v is None or np.ndim(v) == len(p.shape) for p, v in zip(pubs, held, strict=True)):
        numbers = np.zeros(is_there.size)
        numbers[is_there] = flat
        return pa.array(numbers, mask=~is_there)
    widths = [
        0 if values is None else np.size(values) // max(size, 1)
        for values, size in zip(held, sizes, strict=True)
    ]
    offsets = np.concatenate([[0], np.cumsum(np.repeat(widths, sizes))])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(flat), mask=pa.array(~is_there)
    )


def _places(pubs: Sequence[PubRequest], axes: int) -> Places:
    sizes = np.array([_size(pub.shape) for pub in pubs], dtype=np.int64)
    columns = {
        "pub": pa.array(np.repeat(np.arange(len(pubs), dtype=np.int32), sizes)),
        "element": _joined([np.arange(size, dtype=np.int64) for size in sizes]),
    }
    for axis in range(axes):
        has_axis = np.repeat(np.array([len(pub.shape) > axis for pub in pubs]), sizes)
        index = np.concatenate([_index(pub.shape, axis) for pub in pubs])
        columns[f"index_{axis}"] = pa.array(index, mask=~has_axis)
    columns["parameter"] = _joined([_broadcast(p.parameters_shape, p.shape) for p in pubs])
    return columns


def _index(shape: tuple[int, ...], axis: int) -> IntArray:
    """Return each element's position along one axis; 0 where the pub has no such axis."""
    size = _size(shape)
    if axis >= len(shape):
        return np.zeros(size, dtype=np.int64)
    below = _size(shape[axis + 1 :])
    return np.arange(size, dtype=np.int64) // below % shape[axis]


def _broadcast(inner: tuple[int, ...], shape: tuple[int, ...]) -> IntArray:
    """Return, for each element of a pub, the position in one of the arrays that it is made of."""
    positions = np.arange(_size(inner), dtype=np.int64).reshape(inner)
    return np.broadcast_to(positions, shape).reshape(-1)


def _counts(number: int, pub: PubRequest, result: PubResult, axes: int) -> Iterator[pa.Table]:
    places = {
        name: column
        for name, column in _places([pub], axes).items()
        if name not in {"pub", "parameter"}
    }
    elements = pa.table(places)
    for register, bits in result.data.items():
        mitigated = MitigatedStrings(result, register)
        for held, strings, counts in _distinct(bits):
            chosen = elements.take(pa.array(held))
            columns = [
                pa.array(np.full(held.size, number, dtype=np.int32)),
                *chosen.columns,
                pa.array(held),
                pa.array([register]).take(pa.array(np.zeros(held.size, dtype=np.int64))),
                _bitstrings(strings, bits.num_bits),
                pa.array(counts),
            ]
            names = ["pub", *chosen.column_names, "parameter", "register", "bitstring", "count"]
            found = dict(zip(names, columns, strict=True))
            yield pa.table(found | mitigated.columns(held, strings))


def _no_counts(axes: int) -> pa.Table:
    indices = [(f"index_{axis}", pa.int64()) for axis in range(axes)]
    return pa.schema(
        [
            ("pub", pa.int32()),
            ("element", pa.int64()),
            *indices,
            ("parameter", pa.int64()),
            ("register", pa.string()),
            ("bitstring", pa.string()),
            ("count", pa.int64()),
        ]
    ).empty_table()


def _distinct(bits: BitArray) -> Iterator[tuple[IntArray, NDArray[np.uint8], IntArray]]:
    """Count each element's distinct strings, some elements at a time, strings rising."""
    packed = bits.array.reshape(-1, bits.num_shots, bits.array.shape[-1])
    step = max(1, CHUNK_SHOTS // max(1, bits.num_shots))
    for first in range(0, packed.shape[0], step):
        chunk = packed[first : first + step]
        elements = np.repeat(np.arange(first, first + chunk.shape[0]), bits.num_shots)
        strings = np.ascontiguousarray(chunk.reshape(-1, packed.shape[-1]))
        order = np.lexsort((*_words(strings).T[::-1], elements))
        elements, strings = elements[order], strings[order]
        is_new = np.ones(order.size, dtype=np.bool_)
        is_new[1:] = (np.diff(elements) != 0) | (strings[1:] != strings[:-1]).any(axis=1)
        starts = np.flatnonzero(is_new)
        yield elements[starts], strings[starts], np.diff(starts, append=order.size)


def _words(strings: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Read strings [N, bytes] as big-endian words [N, ceil(bytes / 8)], which sort faster."""
    padding = -strings.shape[1] % 8
    padded = np.pad(strings, ((0, 0), (padding, 0)))
    return padded.view(">u8").astype(np.uint64)


def _bitstrings(strings: NDArray[np.uint8], num_bits: int) -> pa.Array:
    count, width = strings.shape
    digits = np.unpackbits(strings, axis=1)[:, 8 * width - num_bits :] + ord("0")
    offsets = np.arange(count + 1, dtype=np.int64) * num_bits
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))]
    return pa.Array.from_buffers(pa.large_string(), count, buffers).cast(pa.string())


def _joined(arrays: Sequence[NDArray[np.generic]], kind: type = np.int64) -> pa.Array:
    return pa.array(np.concatenate([np.zeros(0, dtype=kind), *arrays]).astype(kind, copy=False))


def _flat_floats(column: pa.ChunkedArray) -> FloatArray:
    values = column.drop_null().combine_chunks()
    flat: FloatArray = (values.flatten() if pa.types.is_list(values.type) else values).to_numpy()
    return flat


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)
