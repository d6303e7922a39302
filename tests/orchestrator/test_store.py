"""The store in a folder: what is on disk, and what is made of it after a crash."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from shoal.orchestrator.committers import FolderCommitter
from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import create_or_open, open_job, read_segments
from shoal.orchestrator.outcome_reader import FolderSource
from shoal.orchestrator.ports import Shard
from shoal.orchestrator.segments import Segment
from shoal.orchestrator.shard_run import run_shard
from shoal.orchestrator.store import FolderStore
from shoal.primitives.errors import CorruptSegmentError, StoreError
from tests.orchestrator.sampled import (
    DrawingEngine,
    assert_same,
    both_request,
    commit,
    registers_request,
)
from tests.orchestrator.store_contract import StoreContract


def create(path, engine: DrawingEngine, **settings) -> FolderStore:
    return create_or_open(path, engine.request, "job", workload=engine.workload, **settings)


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, engine, tmp_path):
        with create(tmp_path, engine) as store:
            yield store


class TestFolderStoreOfUnsharedWorkers(StoreContract):
    @pytest.fixture
    def store(self, engine, tmp_path):
        with create(tmp_path, engine, is_shared=False) as store:
            yield store

    def test_segments_come_with_receipts(self, store, engine) -> None:
        receipt = commit(store, engine, [0])
        assert receipt.payload is not None
        assert segment_names(store) == []
        store.record(receipt)
        assert segment_names(store) == [receipt.name]


@pytest.fixture
def engine() -> DrawingEngine:
    return DrawingEngine(both_request(rows=400))


@pytest.fixture
def store(engine, tmp_path):
    with create(tmp_path, engine) as store:
        yield store


def segment_names(store: FolderStore) -> list[str]:
    return sorted(path.name for path in (store.folder / "segments").glob("[!.]*"))


def events(store: FolderStore, name: str) -> list[dict]:
    return [event for event in read_events(store.folder) if event["event"] == name]


def rows_seen(store: FolderStore) -> dict[int, int]:
    """Rows of each variant that a reader sees who knows nothing of us."""
    table = ds.dataset(store.folder / "segments").to_table()
    found = pc.value_counts(table.column("variant_id")).to_pylist()
    return {entry["values"]: entry["counts"] for entry in found}


def all_rows(engine: DrawingEngine) -> dict[int, int]:
    found: dict[int, int] = {}
    for outcome in engine.run_all():
        for part in (*outcome.shots, *outcome.values):
            found[part.variant] = found.get(part.variant, 0) + part.rows.size
    return found


@pytest.mark.parametrize("request_of", [both_request, registers_request])
def test_arrow_reads_every_shot_once_without_us(tmp_path, request_of) -> None:
    engine = DrawingEngine(request_of())
    with create(tmp_path, engine) as store:
        for block in engine.workload.blocks:
            store.record(commit(store, engine, [block.index]))
        assert rows_seen(store) == all_rows(engine)
        shots = ds.dataset(store.folder / "segments").to_table(columns=["count"])
        assert pc.sum(shots.column("count")).as_py() == engine.workload.shots_drawn()


def test_copies_and_overlaps_leave_no_row_twice_on_disk(engine, store) -> None:
    shards = [[0, 1, 2], [2, 3], [0, 1, 2], [3], [3, 4, 5, 6, 7], [0, 7]]
    receipts = [commit(store, engine, blocks, f"w{n}") for n, blocks in enumerate(shards)]
    for receipt in receipts:
        store.record(receipt)
    assert len(segment_names(store)) == 3
    assert rows_seen(store) == all_rows(engine)
    assert all(path.exists() for path in store.stored.paths())
    assert [event["blocks"] for event in events(store, "repeated")] == ["2", "0-2", "3", "3", "0,7"]


def test_blocks_that_differ_when_run_twice_are_noted(engine, store) -> None:
    other = DrawingEngine(both_request(rows=400), engine.workload, counted=True)
    store.record(commit(store, engine, [0, 1]))
    assert store.record(commit(store, other, [1, 2])) == {2}
    (event,) = events(store, "differing")
    assert event["blocks"] == "1"


def test_files_are_for_their_owner_alone(engine, tmp_path) -> None:
    with create(tmp_path / "store", engine) as store:
        store.record(commit(store, engine, [0]))
        for path in (tmp_path / "store").rglob("*"):
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_what_was_committed_is_there_after_reopening(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        store.record(commit(store, engine, [2, 3]))
    with open_job(store.folder) as again:
        assert again.committed() == {2, 3}
        assert again.request.fingerprint == engine.request.fingerprint
        assert_same(next(again.outcomes([3])), engine.run(engine.workload.blocks[3]))


def test_a_segment_whose_driver_died_before_the_ledger_is_adopted(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        store.record(commit(store, engine, [0]))
    commit(store, engine, [1, 2])
    assert read_segments(store.folder).committed() == {0, 1, 2}
    with create(tmp_path, engine) as again:
        assert again.committed() == {0, 1, 2}
    assert [event["blocks"] for event in events(store, "adopted")] == ["1-2"]


def test_a_segment_that_came_too_late_is_taken_in_at_the_end(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        store.record(commit(store, engine, [0, 1]))
        commit(store, engine, [1, 2], "late")
    assert read_segments(store.folder).committed() == {0, 1, 2}
    assert sum(rows_seen(store).values()) == sum(
        part.rows.size
        for block in (0, 1, 2)
        for part in engine.run(engine.workload.blocks[block]).shots
    )


def test_the_ledger_can_be_deleted(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        for blocks in ([4, 5], [0], [1, 2, 3]):
            store.record(commit(store, engine, blocks))
    before = {one.name: one for one in store.stored.commitments()}
    (store.folder / "ledger.jsonl").unlink()
    assert read_segments(store.folder).committed() == {0, 1, 2, 3, 4, 5}
    with open_job(store.folder) as again:
        assert again.committed() == {0, 1, 2, 3, 4, 5}
        for one in again.stored.commitments():
            assert (one.blocks, one.shots, one.sha256, one.num_bytes, one.worker) == (
                before[one.name].blocks,
                before[one.name].shots,
                before[one.name].sha256,
                before[one.name].num_bytes,
                before[one.name].worker,
            )


def test_whatever_the_order_a_ledger_rebuilt_twice_is_the_same(engine, tmp_path) -> None:
    with create(tmp_path / "a", engine) as store:
        commit(store, engine, [0, 1], "w0")
        commit(store, engine, [1, 2], "w1")
    found = []
    for copy in ("b", "c"):
        folder = shutil.copytree(store.folder, tmp_path / copy)
        (folder / "ledger.jsonl").unlink()
        with open_job(folder) as again:
            found.append([(one.name, one.blocks) for one in again.stored.commitments()])
    assert found[0] == found[1]


def test_a_missing_segment_is_named_and_forgotten_when_asked(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        store.record(commit(store, engine, [0]))
        lost = commit(store, engine, [1, 2])
        store.record(lost)
    (store.folder / "segments" / lost.name).unlink()
    for opening in (read_segments, open_job):
        with pytest.raises(CorruptSegmentError, match=f"{lost.name}.* it is missing from"):
            opening(store.folder)
    with open_job(store.folder, repair=True) as again:
        assert again.committed() == {0}
        again.record(commit(again, engine, [1, 2], "w1"))
    assert read_segments(store.folder).committed() == {0, 1, 2}


def test_a_missing_segment_whose_blocks_others_have_is_no_loss(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        gone = commit(store, engine, [1, 2])
        store.record(gone)
    (store.folder / "segments" / gone.name).unlink()
    copies = [commit(store, engine, [block], "w1") for block in (1, 2)]
    with open_job(store.folder) as again:
        assert again.committed() == {1, 2}
        assert segment_names(again) == [copy.name for copy in copies]
    assert read_segments(store.folder).committed() == {1, 2}


def test_a_damaged_segment_is_found_when_read_and_can_be_forgotten(engine, store) -> None:
    damaged = commit(store, engine, [1, 2])
    for receipt in (commit(store, engine, [0]), damaged):
        store.record(receipt)
    path = store.folder / "segments" / damaged.name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CorruptSegmentError, match="its bytes have the SHA-256") as caught:
        list(store.outcomes([0, 1]))
    assert [error.segment for error in store.stored.verify()] == [damaged.name]
    assert store.forget(caught.value.segment, "damaged") == {1, 2}
    assert store.committed() == {0}
    assert (path.parent / f".corrupt-{damaged.name}").exists()
    assert store.record(commit(store, engine, [1, 2], "w1")) == {1, 2}
    assert store.stored.verify() == []


def test_a_damaged_segment_that_never_counted_is_put_aside(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        store.record(commit(store, engine, [0]))
    receipt = commit(store, engine, [1])
    path = store.folder / "segments" / receipt.name
    path.write_bytes(path.read_bytes()[:100])
    assert read_segments(store.folder).committed() == {0}
    with open_job(store.folder) as again:
        assert again.committed() == {0}
    assert segment_names(store) == [one.name for one in store.stored.commitments()]


def test_a_segment_that_this_node_cannot_see_is_an_error(engine, store, monkeypatch) -> None:
    monkeypatch.setattr("shoal.orchestrator.store.VISIBLE_SECONDS", 0.0)
    receipt = commit(store, engine, [0])
    (store.folder / "segments" / receipt.name).unlink()
    with pytest.raises(StoreError, match=r"worker w0 on .* is the store on a filesystem that all"):
        store.record(receipt)
    assert store.committed() == frozenset()


def test_a_closed_store_records_nothing(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        receipt = commit(store, engine, [0])
    with pytest.raises(StoreError, match="was taken over by nobody"):
        store.record(receipt)


def test_a_store_that_fails_to_open_is_free_for_others(engine, tmp_path) -> None:
    with create(tmp_path, engine) as store:
        receipt = commit(store, engine, [0])
        store.record(receipt)
    (store.folder / "segments" / receipt.name).unlink()
    for _ in range(2):
        with pytest.raises(CorruptSegmentError, match="is missing"):
            create(tmp_path, engine)
    assert not (store.folder / "driver.json").exists()


def test_only_segments_that_are_needed_are_read(engine, store, monkeypatch) -> None:
    for first in range(0, 8, 2):
        store.record(commit(store, engine, [first, first + 1]))
    read: list[str] = []
    original = FolderSource.read

    def counting(source: FolderSource, name: str) -> bytes:
        read.append(name)
        return original(source, name)

    monkeypatch.setattr(FolderSource, "read", counting)
    list(store.reader().of([2, 3, 4]).outcomes([2, 3, 4]))
    assert len(read) == 2


def test_segments_say_who_made_them_of_what(engine, store) -> None:
    receipt = commit(store, engine, [0, 5], "w3")
    content = (store.folder / "segments" / receipt.name).read_bytes()
    origin = Segment(receipt.name, content, engine.request.fingerprint).footer.origin
    assert (origin.worker, origin.node) == ("w3", receipt.node)
    assert {"shoal", "qiskit", "numpy", "pyarrow", "python"} <= set(origin.versions)
    store.record(receipt)
    line = json.loads((store.folder / "ledger.jsonl").read_text())
    assert (line["commit"], line["sha256"]) == (receipt.name, receipt.sha256)


def committer_in(store: FolderStore, folder: Path) -> FolderCommitter:
    """What a node has whose folder of the same name is another one."""
    committer = store.committer()
    mark = replace(committer.mark, folder=folder)
    return replace(committer, segments=folder / "segments", mark=mark)


class TestFolderStoreOfWorkersThatLook(StoreContract):
    @pytest.fixture
    def store(self, engine, tmp_path):
        with create(tmp_path, engine, is_shared=None) as store:
            yield store

    def test_a_worker_that_sees_the_folder_writes_there(self, store, engine) -> None:
        receipt = commit(store, engine, [0])
        assert receipt.payload is None
        assert segment_names(store) == [receipt.name]
        assert store.is_seen_by_all

    @pytest.mark.parametrize("what", ["nothing", "a copy"])
    def test_one_that_sees_another_folder_sends_its_segments(
        self, store, engine, tmp_path, what
    ) -> None:
        elsewhere = tmp_path / "elsewhere" / store.folder.name
        if what == "a copy":
            shutil.copytree(store.folder, elsewhere)
            (elsewhere / "driver.json").unlink()
        committer = committer_in(store, elsewhere)
        outcomes = [engine.run(engine.workload.blocks[0])]
        receipt = committer.commit(outcomes, worker="w0", seconds=0.1)
        assert receipt.payload is not None
        assert store.record(receipt) == {0}
        assert segment_names(store) == [receipt.name]
        assert not store.is_seen_by_all


def test_a_node_that_must_see_the_folder_is_named_before_anything_runs(
    engine, store, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("shoal.orchestrator.committers.VISIBLE_SECONDS", 0.1)
    committer = committer_in(store, tmp_path / "nowhere")
    shard = Shard(3, (0,))
    event = run_shard(
        shard, [engine.workload.blocks[0]], lambda: engine, committer, "w0", lambda: True
    )
    assert event.is_store_error
    assert "put the store on a filesystem that all nodes share" in event.error
