"""What the store costs: ``python -m benchmarks.store [--small] [--folder DIR] [--json FILE]``."""

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from rich.console import Console
from rich.table import Table

from shoal.orchestrator import segments
from shoal.orchestrator.footers import Origin
from shoal.orchestrator.job_folders import create_or_open, open_job, read_segments, stored_job
from shoal.orchestrator.reduce import reduce_blocks
from shoal.orchestrator.segments import Segment, encode_segment, segment_name
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.expansion import expand
from shoal.primitives.observables import Observable
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from shoal.primitives.request import PubRequest, Request
from shoal.primitives.shots import ShotLayout
from shoal.primitives.workload import Block, Workload

RECORD = EngineRecord("benchmark", "dice")
ORIGIN = Origin("0" * 64, "w0", "node", "2025-01-01T00:00:00+00:00", {})
FIELDS = [("variant_id", pa.int32()), ("row", pa.int64()), ("rand_id", pa.int32())]
CODECS = (("zstd", 1), ("zstd", 3), ("lz4", None), ("none", None))


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str


def best(work: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs, in seconds."""
    return min(timed(work) for _ in range(repeats))


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long something takes, in seconds."""
    started = clock()
    work()
    return clock() - started


def segment_figures(*, small: bool) -> Iterator[Figure]:
    """Bytes a row, and rows a second, for each kind of content and each compression."""
    rows = 200_000 if small else 2_000_000
    for kind, outcome, layout in (
        *((f"{bits} random bits", *shots(bits, rows)) for bits in (5, 10, 20, 127)),
        ("20 bits of a GHZ state", *shots(20, rows, is_ghz=True)),
        ("10 bits, counted", *shots(10, rows, is_counted=True)),
        *((f"{terms} exact values", *values(terms, rows // 10 // terms)) for terms in (1, 15, 100)),
    ):
        size = sum(part.rows.size for part in (*outcome.shots, *outcome.values))
        for codec, level in CODECS:
            segments.COMPRESSION, segments.COMPRESSION_LEVEL = codec, level
            content = encode_segment([outcome], layout, ORIGIN)
            name = f"{kind}, {codec}{'' if level is None else f' {level}'}"
            # One thread each, and no disk: the time of the CPU, which other processes do not share.
            write = min(
                timed(lambda: encode_segment([outcome], layout, ORIGIN), time.process_time)  # noqa: B023
                for _ in range(3)
            )
            read = min(timed(lambda: read_back(content), time.process_time) for _ in range(3))  # noqa: B023
            yield Figure(f"{name}: size", len(content) / size, "B/row")
            yield Figure(f"{name}: write, hashes and all", size / write / 1e6, "M rows/s of CPU")
            yield Figure(f"{name}: read, checked", size / read / 1e6, "M rows/s of CPU")
    segments.COMPRESSION, segments.COMPRESSION_LEVEL = CODECS[0]


def read_back(content: bytes) -> BlockOutcome:
    """Check a segment and read its one block."""
    name = segment_name([0], hashlib.sha256(content).hexdigest())
    return Segment(name, content, ORIGIN.fingerprint).outcome(0)


def shots(
    bits: int, rows: int, *, is_ghz: bool = False, is_counted: bool = False
) -> tuple[BlockOutcome, ShotLayout]:
    """Strings of 1,000 shots a row of parameters, 64 at the most where they are counted."""
    rng = np.random.default_rng(bits)
    width = -(-bits // 8)
    packed = rng.integers(0, 256, (rows, width), dtype=np.uint8)
    if is_ghz:
        packed[:] = np.where(rng.random((rows, 1)) < 0.5, 0, 255)
    packed[:, 0] &= 0xFF >> (-bits % 8)
    counts = rng.integers(1, 100, rows) if is_counted else None
    each = 64 if is_counted else 1000
    part = ShotRows(0, np.arange(rows, dtype=np.int64) // each, {"meas": packed}, counts)
    columns = [*FIELDS, ("count", pa.int64()), ("bits_meas", pa.binary(width))]
    return BlockOutcome(0, RECORD, (part,)), ShotLayout(pa.schema(columns))


def values(terms: int, rows: int) -> tuple[BlockOutcome, ShotLayout]:
    """Expectation values as a sweep of angles has them."""
    angles = np.linspace(0, 50, rows)[:, None] * np.arange(1, terms + 1)
    part = ValueRows(0, np.arange(rows, dtype=np.int64), np.cos(angles))
    columns = [*FIELDS, ("count", pa.int64()), ("values", pa.list_(pa.float64()))]
    return BlockOutcome(0, RECORD, (), (part,)), ShotLayout(pa.schema(columns))


def exact_job(blocks: int) -> tuple[Request, Workload]:
    """A job of so many blocks, of 64 rows each."""
    angles = ParameterVector("a", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(angles[0], 0)
    circuit.rx(angles[1], 1)
    observable = Observable.from_mapping({"ZZ": 1.0, "XX": 0.5})
    # Different numbers of shots are different programs, and small ones have blocks of 64 rows.
    pubs = [
        PubRequest(0, np.zeros((1024, 2)), (observable,), (), (number + 3.5) ** -0.5, None)
        for number in range(-(-blocks // 16))
    ]
    request = Request(
        "estimator", (circuit,), (circuit_digest(circuit),), tuple(pubs), EstimatorOptions(), 1
    )
    return request, expand(request)


def outcome_of(workload: Workload, block: Block) -> BlockOutcome:
    """A block's shots: the same for each of its rows."""
    found = []
    for variant in workload.variants_of(block):
        rows = variant.rows_between(block.start, block.stop)
        counts = np.full(rows.size, block.shots_of(variant))
        found.append(
            ShotRows(variant.index, rows, {"meas": np.ones((rows.size, 1), np.uint8)}, counts)
        )
    return BlockOutcome(block.index, RECORD, tuple(found))


def commit_figures(folder: Path) -> Iterator[Figure]:
    """What a commit costs beside what an fsync of this disk costs."""
    request, workload = exact_job(200)
    probe = folder / "probe"
    with probe.open("wb", buffering=0) as file:

        def sync() -> None:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())

        yield Figure("one fsync of 4 KiB", median(timed(sync) for _ in range(50)) * 1e3, "ms")
    with counted_fsyncs() as fsyncs, create_or_open(folder, request, "commit") as store:
        committer = store.committer()
        fsyncs.clear()
        commits, records = [], []
        for block in workload.blocks:
            outcome = outcome_of(workload, block)
            started = time.perf_counter()
            receipt = committer.commit([outcome], worker="w0", seconds=0.0)
            committed = time.perf_counter()
            store.record(receipt)
            records.append(time.perf_counter() - committed)
            commits.append(committed - started)
        yield Figure("fsyncs of a commit and its record", len(fsyncs) / len(commits), "")
    yield Figure("a small segment's commit, on a worker", median(commits) * 1e3, "ms")
    yield Figure("its record, on the driver", median(records) * 1e3, "ms")


@contextmanager
def counted_fsyncs(*, is_real: bool = True) -> Iterator[list[int]]:
    """Count fsyncs, and leave them out where only the files are wanted."""
    real, found = os.fsync, []

    def fsync(descriptor: int) -> None:
        found.append(descriptor)
        if is_real:
            real(descriptor)

    os.fsync = fsync
    try:
        yield found
    finally:
        os.fsync = real


def open_figures(folder: Path, *, small: bool) -> Iterator[Figure]:
    """How long it takes to open, list and reduce a job of many segments."""
    count = 1_000 if small else 10_000
    request, workload = exact_job(count)
    with (
        counted_fsyncs(is_real=False),
        create_or_open(folder, request, "many", workload=workload) as store,
    ):
        committer = store.committer()
        for block in workload.blocks:
            outcome = outcome_of(workload, block)
            store.record(committer.commit([outcome], worker="w0", seconds=0.0))
    found = store.folder
    size = sum(path.stat().st_size for path in (found / "segments").iterdir())
    count = len(workload.blocks)
    yield Figure(f"{count} segments of one small block: size", size / count, "B/segment")
    yield Figure("... open to drive", best(lambda: open_job(found).close(), 3), "s")
    yield Figure("... look at", best(lambda: read_segments(found), 3), "s")
    yield Figure("... list in `shoal jobs`", best(lambda: stored_job(found), 3), "s")
    with open_job(found) as store:
        seconds = timed(lambda: reduce_blocks(request, workload, store))
        yield Figure("... reduce", seconds, "s")
    (found / "ledger.jsonl").unlink()
    yield Figure("... open without the ledger", timed(lambda: open_job(found).close()), "s")


def main() -> None:
    """Measure, print the table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    parser.add_argument("--folder", type=Path, help="on the filesystem that is to be measured")
    parser.add_argument("--json", type=Path, help="write every figure here")
    arguments = parser.parse_args()
    table = Table("what", "figure", "unit", title="the store")
    table.columns[1].justify = "right"
    figures = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for found in (
            segment_figures(small=arguments.small),
            commit_figures(Path(folder)),
            open_figures(Path(folder), small=arguments.small),
        ):
            for figure in found:
                figures.append(asdict(figure))
                table.add_row(figure.what, f"{figure.value:.3f}", figure.unit)
    Console(width=100).print(table)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
