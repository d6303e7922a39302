"""Segments: immutable Parquet files of many blocks, named after the hash of their bytes."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..primitives.errors import CorruptSegmentError, StoreError, StoreVersionError
from ..primitives.outcomes import BlockOutcome
from ..primitives.shots import SHOT_SCHEMA, ShotLayout
from .footers import FOOTER_KEY, BlockEntry, Footer, Origin
from .ports import SegmentName
from .tables import Columns, parts_of, table_of

SUFFIX = ".parquet"

BATCH_ROWS, MAX_GROUP_ROWS = 1 << 17, 1 << 20
"""Small blocks share a row group of about so many rows; a huge one has several, at most so big."""

COMPRESSION, COMPRESSION_LEVEL = "zstd", 1
"""Raw bits are what fills a segment, and only zstd makes them smaller: see docs/store.md."""

_DICTIONARY_COLUMNS = ["variant_id", "rand_id", "count"]


def encode_segment(outcomes: Sequence[BlockOutcome], layout: ShotLayout, origin: Origin) -> bytes:
    """Write outcomes as the bytes of a segment.

    Args:
        outcomes: Outcomes of distinct blocks.
        layout: The job's.
        origin: Where they come from.

    Returns:
        A Parquet file: the same for the same outcomes, origin and version of pyarrow.
    """
    sink = pa.BufferOutputStream()
    entries: list[BlockEntry] = []
    # Rows rise in steps and exact rows are all distinct: deltas suit both, a dictionary only one.
    encodings = {"row": "DELTA_BINARY_PACKED"}
    if "values" in layout.schema.names:
        encodings["values.list.element"] = "BYTE_STREAM_SPLIT"
    writer = pq.ParquetWriter(
        sink,
        layout.schema,
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=_DICTIONARY_COLUMNS,
        column_encoding=encodings,
        write_statistics=["variant_id", "row"],
    )
    with writer:
        for batch in _batches(outcomes, entries):
            writer.write_table(table_of(batch, layout), row_group_size=MAX_GROUP_ROWS)
        content = hashlib.sha256("".join(entry.digest for entry in entries).encode()).hexdigest()
        footer = Footer(origin, tuple(entries)).to_json(content)
        writer.add_key_value_metadata({FOOTER_KEY.decode(): footer})
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _batches(
    outcomes: Sequence[BlockOutcome], entries: list[BlockEntry]
) -> Iterator[list[BlockOutcome]]:
    """Put blocks together into tables worth writing, and note where each one's rows are."""
    offset = rows = 0
    batch: list[BlockOutcome] = []
    for outcome in outcomes:
        parts = parts_of(outcome)
        length = sum(part.length for part in parts)
        digest = content_digest(outcome)
        entries.append(BlockEntry(outcome.block, offset, length, outcome.record, digest, parts))
        offset += length
        rows += length
        batch.append(outcome)
        if rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def content_digest(outcome: BlockOutcome) -> str:
    """Return 32 hexadecimal digits that two runs of a block share if all their rows agree."""
    digest = hashlib.sha256()
    for shots in outcome.shots:
        digest.update(f"{shots.variant} {shots.rows.size} {shots.counts is None}".encode())
        digest.update(_flat(shots.rows))
        for register in sorted(shots.bits):
            digest.update(f"{register} {shots.bits[register].shape}".encode())
            digest.update(_flat(shots.bits[register]))
        if shots.counts is not None:
            digest.update(_flat(shots.counts))
    for values in outcome.values:
        digest.update(f"{values.variant} {values.values.shape}".encode())
        digest.update(_flat(values.rows))
        digest.update(_flat(values.values))
    return digest.hexdigest()[:32]


def _flat(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def segment_name(blocks: Iterable[int], sha256: str) -> SegmentName:
    """Name a segment after its blocks and the hash of its bytes.

    >>> segment_name([4, 5, 6], "0123456789abcdef0123")
    'b00000004-00000006-0123456789abcdef.parquet'
    """
    chosen = sorted(blocks)
    return f"b{chosen[0]:08d}-{chosen[-1]:08d}-{sha256[:16]}{SUFFIX}"


def rewritten(
    segment: Segment, blocks: Container[int], layout: ShotLayout
) -> tuple[SegmentName, bytes]:
    """Write a segment again with some of its blocks only.

    Args:
        segment: The segment.
        blocks: Those to keep; one at least.
        layout: The job's.

    Returns:
        The new segment's name and bytes.
    """
    kept = [entry.block for entry in segment.footer.entries if entry.block in blocks]
    content = encode_segment(list(map(segment.outcome, kept)), layout, segment.footer.origin)
    return segment_name(kept, hashlib.sha256(content).hexdigest()), content


class Segment:
    """A segment's bytes, checked, from which single blocks can be read."""

    def __init__(self, name: SegmentName, content: bytes, fingerprint: str) -> None:
        """Check a segment.

        Args:
            name: Its name, which has the hash of its bytes.
            content: Its bytes.
            fingerprint: The job that it must belong to.

        Raises:
            CorruptSegmentError: These are not the bytes that were written.
            StoreVersionError: Another version of Shoal wrote it.
            StoreError: It belongs to another job.
        """
        self.name = name
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.num_bytes = len(content)
        self._file, self.footer = _opened(name, content, self.sha256)
        if self.footer.origin.fingerprint != fingerprint:
            raise StoreError(
                f"segment {name} belongs to the request {self.footer.origin.fingerprint[:12]}, not "
                f"to {fingerprint[:12]}: move it out of this job's folder"
            )
        self._cached: tuple[int, int, Columns] | None = None

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """The blocks that it holds, rising."""
        return tuple(sorted(self._entries))

    @property
    def shots(self) -> int:
        """How many shots its rows stand for."""
        counts = self._file.read(columns=["count"], use_threads=False).column("count")
        return int(counts.to_numpy().sum())

    def outcome(self, block: int) -> BlockOutcome:
        """Read one block."""
        entry = self._entries[block]
        first = bisect_right(self._group_ends, entry.offset) if entry.length else 0
        last = bisect_left(self._group_ends, entry.offset + entry.length) if entry.length else 0
        start = self._group_ends[first - 1] if first else 0
        columns = self._columns(first, last)
        return columns.outcome(block, entry.record, entry.parts, entry.offset - start)

    def _columns(self, first: int, last: int) -> Columns:
        """Decode row groups; the next block is mostly in the same ones."""
        if self._cached is None or self._cached[:2] != (first, last):
            groups = range(first, last + 1) if self._group_ends else range(0)
            table = self._file.read_row_groups(groups, columns=self._wanted, use_threads=False)
            self._cached = (first, last, Columns.of(table))
        return self._cached[2]

    def release(self) -> None:
        """Let go of decoded rows; outcomes that were read keep their own."""
        self._cached = None

    @cached_property
    def _wanted(self) -> list[str]:
        """The columns that a reader of the blocks needs."""
        parts = (part for entry in self.footer.entries for part in entry.parts)
        skipped = {"variant_id", "rand_id"}
        if not any(part.kind == "counts" for part in parts):
            skipped.add("count")
        return [name for name in self._file.schema_arrow.names if name not in skipped]

    @cached_property
    def _entries(self) -> dict[int, BlockEntry]:
        return {entry.block: entry for entry in self.footer.entries}

    @cached_property
    def _group_ends(self) -> list[int]:
        found = self._file.metadata
        return list(accumulate(found.row_group(g).num_rows for g in range(found.num_row_groups)))


def _opened(name: SegmentName, content: bytes, found: str) -> tuple[pq.ParquetFile, Footer]:
    expected = name.removesuffix(SUFFIX).rpartition("-")[2]
    if found[: len(expected)] != expected or len(expected) < 16:
        raise mismatch(name, found, expected)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        document = json.loads(file.metadata.metadata[FOOTER_KEY])
        if document["schema"] != SHOT_SCHEMA:
            raise StoreVersionError(
                f"segment {name} has version {document['schema']} of the shot table; this Shoal "
                f"reads version {SHOT_SCHEMA}. Any Parquet reader can still read it"
            )
        return file, Footer.from_json(document)
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise corrupt(name, f"it is no segment of ours ({error})") from error


def mismatch(name: SegmentName, found: str, expected: str) -> CorruptSegmentError:
    """Make the error of a segment whose bytes have another hash than those that were written."""
    return corrupt(name, f"its bytes have the SHA-256 {found[:16]}, expected {expected[:16]}")


def corrupt(name: SegmentName, reason: str) -> CorruptSegmentError:
    """Make the error of a segment that cannot be used, which says how to go on."""
    error = CorruptSegmentError(
        f"segment {name} is corrupt: {reason}. `shoal resume --repair` of this job gives it up and "
        "runs its blocks again; nothing else is lost. A copy of the file from elsewhere does, too"
    )
    error.segment = name
    return error
