"""The jobs of a store."""

import errno
import json
import os
from dataclasses import replace

import pytest

from shoal.orchestrator.job_folders import (
    create_or_open,
    find_job,
    job_id,
    open_job,
    stored_job,
    stored_jobs,
)
from shoal.primitives.errors import StoreError, StoreVersionError
from shoal.primitives.request import REQUEST_SCHEMA
from tests.orchestrator.sampled import DrawingEngine, both_request, commit, registers_request


def create(path, request, name="job"):
    return create_or_open(path, request, name)


def test_a_jobs_id_is_its_name_and_its_fingerprint(tmp_path) -> None:
    request = both_request()
    with create(tmp_path, request, "h2") as store:
        assert store.job_id == f"h2-{request.fingerprint[:12]}"
        assert store.folder == tmp_path / store.job_id


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "x" * 65, "é"])
def test_a_name_that_cannot_be_a_folders_is_refused(tmp_path, name) -> None:
    with pytest.raises(ValueError, match=r"job name .* cannot be a folder's name"):
        create(tmp_path, both_request(), name)
    assert list(tmp_path.iterdir()) == []


def test_the_same_request_is_the_same_job_under_any_name(tmp_path) -> None:
    with create(tmp_path, both_request(), "first") as store:
        engine = DrawingEngine(both_request(), store.workload)
        store.record(commit(store, engine, [0]))
    with create(tmp_path, both_request(), "second") as again:
        assert again.folder == store.folder
        assert again.committed() == {0}


def test_another_request_is_another_job(tmp_path) -> None:
    with create(tmp_path, both_request()) as one, create(tmp_path, both_request(rows=5)) as other:
        assert one.folder != other.folder


def test_two_drivers_of_one_job_are_refused(tmp_path) -> None:
    with create(tmp_path, both_request()) as store:
        with pytest.raises(StoreError, match=f"driven by process {os.getpid()}"):
            create(tmp_path, both_request())
        with pytest.raises(StoreError, match="is driven by"):
            open_job(store.folder)


def test_a_job_is_listed_with_how_far_it_is(tmp_path) -> None:
    engine = DrawingEngine(registers_request())
    with create(tmp_path, engine.request, "one") as store:
        store.record(commit(store, engine, [0, 1]))
        assert stored_job(store.folder).state == "running"
    with create(tmp_path, both_request(), "two"):
        pass
    one, two = sorted(stored_jobs(tmp_path), key=lambda job: job.name)
    assert (one.name, one.primitive, one.state) == ("one", "sampler", "stopped")
    assert (one.blocks_done, one.blocks) == (2, len(engine.workload.blocks))
    assert one.shots_done == 50 + 20
    assert (two.state, two.shots_done, two.results) == ("stopped", 0, ())


def test_a_job_with_all_blocks_is_complete(tmp_path) -> None:
    engine = DrawingEngine(registers_request())
    with create(tmp_path, engine.request) as store:
        store.record(commit(store, engine, [block.index for block in engine.workload.blocks]))
    assert stored_job(store.folder).state == "complete"


def test_a_job_that_cannot_be_read_is_listed_with_its_problem(tmp_path) -> None:
    with create(tmp_path, both_request()) as store:
        pass
    path = store.folder / "request.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"store_schema": 0}))
    (tmp_path / "no-job").mkdir()
    (job,) = stored_jobs(tmp_path)
    assert (job.state, job.job_id) == ("unreadable", store.job_id)
    assert f"has version 0.{REQUEST_SCHEMA} of the format" in job.problem
    with pytest.raises(StoreVersionError, match=rf"has version 0\.{REQUEST_SCHEMA} of the format"):
        create(tmp_path, both_request())


def test_a_job_is_found_by_the_beginning_of_its_id(tmp_path) -> None:
    with create(tmp_path, both_request(), "ab") as one, create(tmp_path, registers_request(), "ac"):
        assert find_job(tmp_path, one.job_id) == one.folder
        assert find_job(tmp_path, "ab") == one.folder
        assert find_job(tmp_path, one.job_id.rpartition("-")[2][:8]) == one.folder
        with pytest.raises(StoreError, match=r"'a' matches several jobs .* ab-.*, ac-"):
            find_job(tmp_path, "a")
        with pytest.raises(StoreError, match=r"'x' is not a job of the store .*: ab-.*, ac-"):
            find_job(tmp_path, "x")


def test_a_store_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(StoreError, match=r"Cannot use .*/nowhere: No such file or directory"):
        stored_jobs(tmp_path / "nowhere")


def test_a_store_that_cannot_be_written_is_an_error_at_once(tmp_path, monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(StoreError, match=r"Cannot write .*: Permission denied.*belongs to user"):
        create(tmp_path / "store", both_request())


def test_a_folder_with_another_request_is_left_alone(tmp_path) -> None:
    request = both_request()
    with create(tmp_path, registers_request()) as store:
        pass
    store.folder.rename(tmp_path / job_id("job", request.fingerprint))
    with pytest.raises(StoreError, match="holds another request: its fingerprint is"):
        create(tmp_path, request)


def test_metadata_of_circuits_is_no_part_of_the_job(tmp_path) -> None:
    request = both_request()
    pubs = tuple(replace(pub, circuit_metadata={"note": 1}) for pub in request.pubs)
    with create(tmp_path, request) as store:
        pass
    with create(tmp_path, replace(request, pubs=pubs)) as again:
        assert again.folder == store.folder
