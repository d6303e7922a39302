"""Outcomes of blocks to Arrow tables, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..primitives.outcomes import (
    BlockOutcome,
    EngineRecord,
    PackedBits,
    RegisterName,
    ShotRows,
    ValueRows,
)
from ..primitives.shots import BITS_PREFIX, NO_RANDOMIZATION, ShotLayout
from ..primitives.workload import IntArray

PartKind = Literal["shots", "counts", "values"]


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive rows of a table that came from one variant of one block."""

    variant: int
    kind: PartKind
    length: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """A part with its arrays."""

    part: Part
    source: ShotRows | ValueRows


def parts_of(outcome: BlockOutcome) -> tuple[Part, ...]:
    """List the parts of an outcome in the order in which a table has their rows."""
    return tuple(rows.part for rows in _rows_of(outcome))


def table_of(outcomes: Sequence[BlockOutcome], layout: ShotLayout) -> pa.Table:
    """Write outcomes as one table.

    Args:
        outcomes: Outcomes of any blocks of one job.
        layout: The job's.

    Returns:
        Their rows in the order of the outcomes: of each first the shots, then the values.

    Raises:
        ValueError: An engine brought bits of another width than the job's circuits have.
    """
    schema = layout.schema
    rows = [one for outcome in outcomes for one in _rows_of(outcome)]
    lengths = np.array([one.part.length for one in rows], dtype=np.int64)
    total = int(lengths.sum())
    variants = np.array([one.part.variant for one in rows], dtype=np.int32)
    columns = {
        "variant_id": pa.array(np.repeat(variants, lengths)),
        "row": pa.array(_joined([one.source.rows for one in rows], np.int64)),
        "rand_id": pa.array(_joined([_randomizations(one, layout) for one in rows], np.int32)),
        "count": pa.array(_joined([_counts(one) for one in rows], np.int64)),
    }
    for field in schema:
        if field.name.startswith(BITS_PREFIX):
            columns[field.name] = _bits_column(rows, field, total)
        elif field.name == "values":
            columns[field.name] = _values_column(rows, lengths)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A table's columns as NumPy arrays, from which the blocks' rows are cut."""

    rows: IntArray
    counts: IntArray | None
    """Not read where no part needs them."""
    strings: Mapping[str, Strings]
    """One a register (bytes), and one for the values (floats)."""

    @classmethod
    def of(cls, table: pa.Table) -> Columns:
        """Read a table that has the columns of a job's schema, or those that are needed."""
        return cls(
            _numbers(table, "row"),
            _numbers(table, "count") if "count" in table.schema.names else None,
            {
                name: Strings.of(table.column(name))
                for name in table.schema.names
                if name == "values" or name.startswith(BITS_PREFIX)
            },
        )

    def outcome(
        self, block: int, record: EngineRecord, parts: Iterable[Part], start: int
    ) -> BlockOutcome:
        """Cut one block's outcome out.

        Args:
            block: The block's number.
            record: What ran it.
            parts: Its parts, in the table's order.
            start: Its first row in the table.
        """
        shots: list[ShotRows] = []
        values: list[ValueRows] = []
        for part in parts:
            span = slice(start, start + part.length)
            start = span.stop
            if part.kind == "values":
                floats = self.strings["values"].cut(span)
                values.append(ValueRows(part.variant, self.rows[span], floats))
            else:
                counts = None
                if part.kind == "counts":
                    assert self.counts is not None
                    counts = self.counts[span]
                shots.append(ShotRows(part.variant, self.rows[span], self._bits(span), counts))
        return BlockOutcome(block, record, tuple(shots), tuple(values))

    def _bits(self, span: slice) -> dict[RegisterName, PackedBits]:
        return {
            name.removeprefix(BITS_PREFIX): strings.cut(span)
            for name, strings in self.strings.items()
            if name != "values" and strings.is_there(span)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Strings:
    """A column of byte strings or of lists of floats, end to end."""

    flat: NDArray[Any]
    offsets: IntArray | int
    """Where each string begins, and where the last one ends [N + 1]; or the length of all."""
    validity: NDArray[np.bool_] | None
    """Which ones are there [N]; ``None``: all."""

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Strings:
        """Read a column of a table."""
        validity = column.is_valid().to_numpy() if column.null_count else None
        chunks = [chunk for chunk in column.chunks if len(chunk)]
        if pa.types.is_fixed_size_binary(column.type):
            return cls(
                _joined([_packed(chunk) for chunk in chunks], np.uint8),
                column.type.byte_width,
                validity,
            )
        flats: list[NDArray[Any]] = []
        offsets = [np.zeros(1, dtype=np.int64)]
        for chunk in chunks:
            flat, ends = _flat_and_offsets(chunk)
            offsets.append(ends[1:] - ends[0] + offsets[-1][-1])
            flats.append(flat[ends[0] : ends[-1]])
        kind = np.float64 if pa.types.is_list(column.type) else np.uint8
        return cls(_joined(flats, kind), np.concatenate(offsets), validity)

    def is_there(self, span: slice) -> bool:
        """Say whether a part, whose strings are all there or all null, is there."""
        return self.validity is None or bool(self.validity[span].all())

    def cut(self, span: slice) -> NDArray[Any]:
        """Return a part's strings, which have one length, as an array [N, length]."""
        count = span.stop - span.start
        if isinstance(self.offsets, int):
            width = self.offsets
            return self.flat[span.start * width : span.stop * width].reshape(count, width)
        flat = self.flat[self.offsets[span.start] : self.offsets[span.stop]]
        return flat.reshape(count, flat.size // count if count else 0)


def _packed(chunk: pa.Array) -> PackedBits:
    width, buffer = chunk.type.byte_width, _bytes(chunk.buffers()[1])
    return buffer[chunk.offset * width : (chunk.offset + len(chunk)) * width]


def _flat_and_offsets(chunk: pa.Array) -> tuple[NDArray[Any], IntArray]:
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset :][: len(chunk) + 1]
    flat = chunk.values.to_numpy() if pa.types.is_list(chunk.type) else _bytes(chunk.buffers()[2])
    return flat, offsets.astype(np.int64)


def _bytes(buffer: pa.Buffer | None) -> NDArray[np.uint8]:
    return np.zeros(0, np.uint8) if buffer is None else np.frombuffer(buffer, dtype=np.uint8)


def _rows_of(outcome: BlockOutcome) -> Iterator[_Rows]:
    for shots in outcome.shots:
        kind: PartKind = "shots" if shots.counts is None else "counts"
        yield _Rows(Part(shots.variant, kind, shots.rows.size), shots)
    for values in outcome.values:
        yield _Rows(Part(values.variant, "values", values.rows.size), values)


def _joined(arrays: Sequence[NDArray[np.generic]], kind: type) -> NDArray[np.generic]:
    if len(arrays) == 1:
        return arrays[0].astype(kind, copy=False)
    return np.concatenate([np.zeros(0, dtype=kind), *arrays]).astype(kind, copy=False)


def _counts(rows: _Rows) -> IntArray:
    if isinstance(rows.source, ValueRows):
        return np.zeros(rows.part.length, dtype=np.int64)
    if rows.source.counts is None:
        return np.ones(rows.part.length, dtype=np.int64)
    return rows.source.counts


def _randomizations(rows: _Rows, layout: ShotLayout) -> NDArray[np.int32]:
    repeats = layout.randomizations.get(rows.part.variant)
    if repeats is None:
        return np.full(rows.part.length, NO_RANDOMIZATION, dtype=np.int32)
    return (rows.source.rows % repeats).astype(np.int32)


def _bits_column(rows: Sequence[_Rows], field: pa.Field, total: int) -> pa.Array:
    register = field.name.removeprefix(BITS_PREFIX)
    is_fixed = pa.types.is_fixed_size_binary(field.type)
    width_if_null = field.type.byte_width if is_fixed else 0
    pieces: list[PackedBits] = []
    is_there: list[bool] = []
    for one in rows:
        bits = one.source.bits.get(register) if isinstance(one.source, ShotRows) else None
        is_there.append(bits is not None)
        if bits is None:
            bits = np.zeros((one.part.length, width_if_null), dtype=np.uint8)
        elif is_fixed and bits.shape[1] != width_if_null:
            raise ValueError(
                f"variant {one.part.variant} brought {bits.shape[1]} bytes a shot in register "
                f"{register!r}; the job's circuits have {width_if_null} there"
            )
        pieces.append(np.ascontiguousarray(bits))
    lengths = np.array([one.part.length for one in rows], dtype=np.int64)
    validity = _validity(np.repeat(np.array(is_there, dtype=np.bool_), lengths))
    data = pa.py_buffer(np.concatenate([np.zeros(0, dtype=np.uint8), *(p.ravel() for p in pieces)]))
    if is_fixed:
        return pa.Array.from_buffers(field.type, total, [validity, data])
    widths = np.repeat(np.array([p.shape[1] for p in pieces], dtype=np.int64), lengths)
    return pa.Array.from_buffers(field.type, total, [validity, _offsets(widths), data])


def _values_column(rows: Sequence[_Rows], lengths: IntArray) -> pa.Array:
    tables = [
        one.source.values
        if isinstance(one.source, ValueRows)
        else np.zeros((one.part.length, 0), dtype=np.float64)
        for one in rows
    ]
    is_there = np.array([one.part.kind == "values" for one in rows], dtype=np.bool_)
    widths = np.repeat(np.array([table.shape[1] for table in tables], dtype=np.int64), lengths)
    flat = pa.array(_joined([table.ravel() for table in tables], np.float64))
    return pa.Array.from_buffers(
        pa.list_(pa.float64()),
        widths.size,
        [_validity(np.repeat(is_there, lengths)), _offsets(widths)],
        children=[flat],
    )


def _validity(is_there: NDArray[np.bool_]) -> pa.Buffer | None:
    return None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))


def _offsets(widths: IntArray) -> pa.Buffer:
    offsets = np.concatenate([[0], np.cumsum(widths)])
    return pa.py_buffer(offsets.astype(np.int32))


def _numbers(table: pa.Table, name: str) -> IntArray:
    found: IntArray = table.column(name).to_numpy().astype(np.int64, copy=False)
    return found
