"""Tasks of an array fill one folder, each its part; whoever reduces takes in what they left."""

import os
from pathlib import Path

import pytest

from shoal.orchestrator.array_jobs import blocks_left, ensure_job, take_to_reduce
from shoal.orchestrator.array_tasks import ArrayTask
from shoal.orchestrator.job_folders import open_job, stored_job
from shoal.orchestrator.store import FolderStore
from shoal.orchestrator.stored_segments import StoredSegments
from shoal.orchestrator.task_files import task_folder, task_states
from shoal.orchestrator.task_store import TaskStore
from shoal.primitives.errors import StoreError
from shoal.primitives.expansion import expand
from tests.scripted import answer, request_of

REQUEST = request_of(12)
WORKLOAD = expand(REQUEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return ensure_job(tmp_path / "store", REQUEST, "sweep", WORKLOAD)


def opened(folder: Path, index: int, count: int = 3) -> TaskStore:
    return TaskStore(folder, ArrayTask(index, count), REQUEST, WORKLOAD)


def run(store: TaskStore, *blocks: int) -> frozenset[int]:
    outcomes = [answer(WORKLOAD, WORKLOAD.blocks[block]) for block in blocks]
    return store.record(store.committer().commit(outcomes, worker="w", seconds=0.5))


def run_whole(folder: Path, index: int, count: int = 3) -> None:
    with opened(folder, index, count) as store:
        left = sorted(frozenset(range(12)) - store.committed())
        if left:
            run(store, *left)


def test_a_job_is_made_once(folder: Path) -> None:
    before = (folder / "request.json").stat().st_mtime_ns
    assert ensure_job(folder.parent, REQUEST, "another", WORKLOAD) == folder
    assert (folder / "request.json").stat().st_mtime_ns == before


def test_a_task_sees_blocks_of_other_parts_as_done(folder: Path) -> None:
    with opened(folder, 0) as first, opened(folder, 1) as second:
        assert not first.part & second.part
        assert first.committed() == frozenset(range(12)) - first.part
        assert not first.is_complete


def test_what_tasks_committed_counts_before_anybody_reduces(folder: Path) -> None:
    run_whole(folder, 0)
    assert blocks_left(folder, WORKLOAD) == 8
    assert not (folder / "ledger.jsonl").exists()
    with opened(folder, 0) as again:
        assert again.is_complete
    with opened(folder, 0, count=1) as all_of_it:
        assert len(all_of_it.committed()) == 4


def test_looking_does_not_read_the_segments_that_tasks_have_noted(folder: Path) -> None:
    run_whole(folder, 0)
    for path in (folder / "segments").iterdir():
        path.write_bytes(b"")
    assert stored_job(folder).blocks_done == 4


def test_the_last_takes_in_what_all_have_left(folder: Path) -> None:
    for index in (1, 2, 0):
        assert blocks_left(folder, WORKLOAD)
        run_whole(folder, index)
    assert blocks_left(folder, WORKLOAD) == 0
    job = take_to_reduce(folder, REQUEST, WORKLOAD)
    assert isinstance(job, FolderStore)
    with job:
        assert job.committed() == frozenset(range(12))
        assert sum(one.seconds for one in job.stored.commitments()) == pytest.approx(1.5, abs=1.0)
        assert len(list(job.outcomes(range(12)))) == 12


def test_while_one_reduces_nobody_else_does(folder: Path) -> None:
    run_whole(folder, 0, count=1)
    with take_to_reduce(folder, REQUEST, WORKLOAD):
        assert take_to_reduce(folder, REQUEST, WORKLOAD) is None
    (folder / "results").mkdir()
    (folder / "results" / "result.json").write_text("{}")
    (folder / "results" / "result.parquet").write_text("")
    assert take_to_reduce(folder, REQUEST, WORKLOAD) is None


def test_blocks_that_two_tasks_ran_are_kept_once(folder: Path) -> None:
    with opened(folder, 0) as first:
        run(first, *sorted(first.part))
        # An array of another size, begun before the first had committed anything.
        with TaskStore(folder, ArrayTask(0, 1), REQUEST, WORKLOAD) as other:
            run(other, *range(12))
    with open_job(folder) as job:
        assert job.committed() == frozenset(range(12))
        names = {one.name for one in job.stored.commitments()}
        assert {path.name for path in (folder / "segments").iterdir()} == names
        held = [block for one in job.stored.commitments() for block in one.blocks]
        assert sorted(held) == list(range(12))
    # The tasks' ledgers name a segment that is gone now; nobody misses it.
    assert stored_job(folder).state == "complete"


def test_a_segment_that_a_listing_does_not_show_yet_is_asked_for_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_whole(folder, 0)
    monkeypatch.setattr(StoredSegments, "_present", lambda self: frozenset())
    with open_job(folder) as job:
        assert len(job.committed()) == 4


def test_a_task_is_run_by_one_process(folder: Path) -> None:
    with opened(folder, 1), pytest.raises(StoreError, match=f"driven by process {os.getpid()}"):
        opened(folder, 1)
    opened(folder, 1).close()


def test_files_say_how_the_tasks_stand(folder: Path) -> None:
    run_whole(folder, 0)
    with opened(folder, 1):
        first, second = task_states(folder)
        assert (first.task.index, first.is_done, first.driver) == (0, True, None)
        assert not second.is_done
        assert second.driver is not None
        assert second.folder == task_folder(folder, ArrayTask(1, 3))
        assert stored_job(folder).state == "running"
    assert stored_job(folder).state == "stopped"
