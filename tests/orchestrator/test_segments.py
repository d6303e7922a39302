"""Segments: what is in the file, and what is noticed when it is not."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shoal.orchestrator.footers import Origin
from shoal.orchestrator.segments import (
    BATCH_ROWS,
    Segment,
    content_digest,
    encode_segment,
    rewritten,
    segment_name,
)
from shoal.primitives.errors import CorruptSegmentError, StoreError, StoreVersionError
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows
from shoal.primitives.shots import ShotLayout, shot_layout
from tests.orchestrator.sampled import DrawingEngine, assert_same, both_request, registers_request

ORIGIN = Origin("f" * 64, "w0", "node", "2025-01-01T00:00:00.000+00:00", {"numpy": "2"})


def made(outcomes, layout) -> tuple[str, bytes]:
    content = encode_segment(outcomes, layout, ORIGIN)
    blocks = [outcome.block for outcome in outcomes]
    return segment_name(blocks, hashlib.sha256(content).hexdigest()), content


def opened(outcomes, layout) -> Segment:
    return Segment(*made(outcomes, layout), ORIGIN.fingerprint)


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("request_of", [both_request, registers_request])
def test_blocks_are_read_back_in_any_order(request_of, counted) -> None:
    engine = DrawingEngine(request_of(), counted=counted)
    outcomes = engine.run_all()
    segment = opened(outcomes, shot_layout(engine.workload))
    assert segment.blocks == tuple(range(len(outcomes)))
    for expected in reversed(outcomes):
        assert_same(segment.outcome(expected.block), expected)


def test_blocks_larger_and_smaller_than_a_row_group(rng) -> None:
    layout = ShotLayout(pa.schema([*_plain_fields(), pa.field("bits_meas", pa.binary(1))]))
    sizes = [3, BATCH_ROWS, 5, 2 * BATCH_ROWS + 1, 0, 7]
    outcomes = [_of_size(block, size, rng) for block, size in enumerate(sizes)]
    name, content = made(outcomes, layout)
    assert pq.ParquetFile(pa.BufferReader(content)).num_row_groups == 3
    segment = Segment(name, content, ORIGIN.fingerprint)
    for block in (5, 4, 0, 3, 1, 2):
        assert_same(segment.outcome(block), outcomes[block])


def _plain_fields() -> list[pa.Field]:
    kinds = {
        "variant_id": pa.int32(),
        "row": pa.int64(),
        "rand_id": pa.int32(),
        "count": pa.int64(),
    }
    return [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]


def _of_size(block: int, size: int, rng) -> BlockOutcome:
    bits = rng.integers(0, 256, (size, 1), dtype=np.uint8)
    shots = (ShotRows(0, np.arange(size), {"meas": bits}),) if size else ()
    return BlockOutcome(block, EngineRecord("e", "m"), shots)


def test_a_huge_block_is_cut_into_row_groups(monkeypatch, rng) -> None:
    monkeypatch.setattr("shoal.orchestrator.segments.MAX_GROUP_ROWS", 1000)
    layout = ShotLayout(pa.schema([*_plain_fields(), pa.field("bits_meas", pa.binary(1))]))
    outcomes = [_of_size(0, 2500, rng), _of_size(1, 100, rng)]
    segment = opened(outcomes, layout)
    for expected in outcomes:
        assert_same(segment.outcome(expected.block), expected)


def test_the_footer_says_where_each_block_is_without_us() -> None:
    engine = DrawingEngine(both_request())
    outcomes = engine.run_all()
    _, content = made(outcomes, shot_layout(engine.workload))
    file = pq.ParquetFile(pa.BufferReader(content))
    footer = json.loads(file.metadata.metadata[b"shoal"])
    assert footer["schema"] == 1
    assert footer["fingerprint"] == ORIGIN.fingerprint
    assert footer["versions"] == {"numpy": "2"}
    assert footer["engines"] == [
        {"engine": "drawing", "method": "dice", "device": "CPU", "reason": "a test"}
    ]
    table = file.read()
    place = {key: footer["blocks"][key][1] for key in ("block", "offset", "length")}
    rows = table.slice(place["offset"], place["length"])
    block = engine.workload.blocks[place["block"]]
    assert set(rows.column("row").to_pylist()) == set(range(block.start, block.stop))
    assert sum(footer["blocks"]["length"]) == table.num_rows


def test_bytes_depend_on_content_alone() -> None:
    engine = DrawingEngine(both_request())
    layout = shot_layout(engine.workload)
    assert made(engine.run_all(), layout) == made(engine.run_all(), layout)


def test_the_digest_of_a_block_sees_every_column() -> None:
    bits = np.array([[1], [2]], dtype=np.uint8)
    record = EngineRecord("e", "m")
    base = ShotRows(0, np.array([0, 1]), {"meas": bits})
    others = [
        ShotRows(1, base.rows, base.bits),
        ShotRows(0, np.array([0, 0]), base.bits),
        ShotRows(0, base.rows, {"meas": bits[::-1]}),
        ShotRows(0, base.rows, {"else": bits}),
        ShotRows(0, base.rows, base.bits, np.array([1, 1])),
    ]
    digests = {content_digest(BlockOutcome(0, record, (one,))) for one in [base, *others]}
    assert len(digests) == len(others) + 1
    elsewhere = BlockOutcome(0, EngineRecord("other", "m"), (base,))
    assert content_digest(elsewhere) == content_digest(BlockOutcome(0, record, (base,)))


def test_some_blocks_alone_are_a_segment_of_their_own() -> None:
    engine = DrawingEngine(both_request())
    outcomes = engine.run_all()
    layout = shot_layout(engine.workload)
    name, content = rewritten(opened(outcomes, layout), {1, 3}, layout)
    smaller = Segment(name, content, ORIGIN.fingerprint)
    assert smaller.blocks == (1, 3)
    assert smaller.footer.origin == ORIGIN
    assert_same(smaller.outcome(3), outcomes[3])


def test_every_flipped_bit_is_noticed() -> None:
    engine = DrawingEngine(registers_request())
    name, content = made(engine.run_all(), shot_layout(engine.workload))
    for position in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[position] ^= 1
        with pytest.raises(CorruptSegmentError, match=f"{name} is corrupt") as caught:
            Segment(name, bytes(damaged), ORIGIN.fingerprint)
        assert caught.value.segment == name


def test_a_file_that_is_no_segment_is_refused() -> None:
    content = b"hello"
    name = segment_name([0], hashlib.sha256(content).hexdigest())
    with pytest.raises(CorruptSegmentError, match="no segment of ours"):
        Segment(name, content, ORIGIN.fingerprint)


def test_a_segment_of_another_job_is_refused() -> None:
    engine = DrawingEngine(both_request())
    name, content = made(engine.run_all(), shot_layout(engine.workload))
    with pytest.raises(StoreError, match="belongs to the request ffffffffffff"):
        Segment(name, content, "a" * 64)


def test_a_segment_of_another_version_is_refused(monkeypatch) -> None:
    engine = DrawingEngine(both_request())
    monkeypatch.setattr("shoal.orchestrator.footers.SHOT_SCHEMA", 99)
    name, content = made(engine.run_all(), shot_layout(engine.workload))
    with pytest.raises(StoreVersionError, match="version 99"):
        Segment(name, content, ORIGIN.fingerprint)
