"""Outcomes to Arrow and back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shoal.orchestrator.tables import Columns, parts_of, table_of
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from shoal.primitives.shots import ShotLayout, shot_layout
from tests.orchestrator.sampled import DrawingEngine, assert_same, both_request, registers_request

RECORD = EngineRecord("fake", "none")
SCHEMA = pa.schema(
    [
        pa.field("variant_id", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("rand_id", pa.int32(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
        pa.field("bits_a", pa.binary(2)),
        pa.field("bits_b", pa.binary()),
        pa.field("values", pa.list_(pa.float64())),
    ]
)
LAYOUT = ShotLayout(SCHEMA)
ANY_INTS = st.integers(-(2**62), 2**62)


@st.composite
def parts(draw) -> ShotRows | ValueRows:
    size = draw(st.integers(1, 5))
    rows = np.sort(draw(hnp.arrays(np.int64, size, elements=ANY_INTS)))
    variant = draw(st.integers(0, 2**31 - 1))
    if draw(st.booleans()):
        shape = (size, draw(st.integers(0, 3)))
        return ValueRows(variant, rows, draw(hnp.arrays(np.float64, shape)))
    bits = {}
    if draw(st.booleans()):
        bits["a"] = draw(hnp.arrays(np.uint8, (size, 2)))
    if draw(st.booleans()) or not bits:
        bits["b"] = draw(hnp.arrays(np.uint8, (size, draw(st.integers(0, 3)))))
    counts = draw(st.none() | hnp.arrays(np.int64, size, elements=ANY_INTS))
    return ShotRows(variant, rows, bits, counts)


def outcome(block: int, found: list[ShotRows | ValueRows]) -> BlockOutcome:
    shots = tuple(part for part in found if isinstance(part, ShotRows))
    values = tuple(part for part in found if isinstance(part, ValueRows))
    return BlockOutcome(block, RECORD, shots, values)


@given(st.lists(st.lists(parts(), max_size=4), max_size=4), st.integers(0, 3))
def test_what_goes_into_a_table_comes_out_of_it(found, cut) -> None:
    outcomes = [outcome(block, one) for block, one in enumerate(found)]
    table = table_of(outcomes, LAYOUT)
    # As Parquet hands it out: in chunks that know nothing of blocks.
    chunked = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    columns = Columns.of(chunked)
    start = 0
    for expected in outcomes:
        listed = parts_of(expected)
        assert_same(columns.outcome(expected.block, RECORD, listed, start), expected)
        start += sum(part.length for part in listed)


@pytest.mark.parametrize("request_of", [both_request, registers_request])
def test_rows_of_a_jobs_own_schema_survive(request_of) -> None:
    engine = DrawingEngine(request_of())
    outcomes = engine.run_all()
    columns = Columns.of(table_of(outcomes, shot_layout(engine.workload)))
    start = 0
    for expected in outcomes:
        assert_same(
            columns.outcome(expected.block, expected.record, parts_of(expected), start), expected
        )
        start += sum(part.length for part in parts_of(expected))


def test_columns_mean_what_the_schema_says() -> None:
    shots = ShotRows(3, np.array([5, 6]), {"a": np.array([[0, 1], [2, 3]], dtype=np.uint8)})
    values = ValueRows(4, np.array([7]), np.array([[0.5, 1.5]]))
    table = table_of([outcome(0, [shots, values])], LAYOUT)
    assert table.to_pylist() == [
        _row(3, 5, 1, b"\x00\x01", None),
        _row(3, 6, 1, b"\x02\x03", None),
        _row(4, 7, 0, None, [0.5, 1.5]),
    ]


def _row(variant: int, row: int, count: int, bits: bytes | None, values) -> dict:
    return {
        "variant_id": variant,
        "row": row,
        "rand_id": -1,
        "count": count,
        "bits_a": bits,
        "bits_b": None,
        "values": values,
    }


def test_randomizations_of_a_point_are_counted() -> None:
    shots = [
        ShotRows(variant, np.array([5, 6, 7]), {"a": np.zeros((3, 2), dtype=np.uint8)})
        for variant in (3, 4)
    ]
    table = table_of([outcome(0, shots)], ShotLayout(SCHEMA, {4: 3}))
    assert table.column("rand_id").to_pylist() == [-1, -1, -1, 2, 0, 1]


def test_bits_of_another_width_are_refused() -> None:
    shots = ShotRows(3, np.array([5]), {"a": np.zeros((1, 3), dtype=np.uint8)})
    with pytest.raises(ValueError, match=r"variant 3 brought 3 bytes a shot in register 'a'.* 2"):
        table_of([outcome(0, [shots])], LAYOUT)
