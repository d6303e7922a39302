"""``shoal jobs``, ``status``, ``result``, ``resume``, ``cancel``: a store's jobs from its files."""

import io
import json
import shutil

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from shoal.orchestrator.job_folders import stored_jobs


@pytest.fixture
def done(shoal, sweep, store):
    """A store with one complete job; returns the job's id."""
    assert shoal("run", sweep, "--store", store, "--executor", "inline").code == 0
    (job,) = stored_jobs(store)
    return job.job_id


def test_jobs_lists_every_job_with_its_state(shoal, done, store):
    ended = shoal("jobs", "--store", store)
    assert done in ended.out
    assert "complete" in ended.out


def test_jobs_lists_what_it_cannot_read_and_why(shoal, done, store):
    (job,) = stored_jobs(store)
    (job.folder / "request.json").write_text("{}")
    ended = shoal("jobs", "--store", store)
    assert ended.code == 0
    assert "unreadable" in ended.out
    assert "is no request of Shoal" in ended.out
    assert shoal("status", done, "--store", store).code == 2


def test_jobs_of_no_store_ends_with_2(shoal, tmp_path):
    ended = shoal("jobs", "--store", tmp_path / "nowhere")
    assert ended.code == 2
    assert "nowhere" in ended.err


def test_status_takes_the_beginning_of_a_name(shoal, done, store):
    ended = shoal("status", "sma", "--store", store)
    assert ended.code == 0
    assert "blocks   2 of 2 (100%)" in ended.out


def test_an_unknown_job_lists_the_known_ones(shoal, done, store):
    ended = shoal("status", "huge", "--store", store)
    assert ended.code == 2
    assert done in ended.err


@pytest.mark.parametrize("result_format", ["csv", "json"])
def test_results_have_every_line(shoal, done, store, result_format):
    out = shoal("result", done, "--store", store, "--format", result_format).out
    if result_format == "json":
        lines = json.loads(out)
        assert len(lines) == 252
        assert set(lines[0]) == {
            "pub", "circuit", "precision", "observable", "theta", "phi", "ev", "std"
        }  # fmt: skip
    else:
        assert pyarrow.csv.read_csv(io.BytesIO(out.encode())).num_rows == 252


def test_results_are_a_table_unless_said_otherwise(shoal, done, store):
    assert "diagonalisation" in shoal("result", done, "--store", store).out


def test_parquet_goes_to_standard_output(start_shoal, done, store):
    with start_shoal("result", done, "--store", store, "--format", "parquet") as process:
        content = process.stdout.buffer.read()
    assert process.returncode == 0
    assert pq.read_table(io.BytesIO(content)).num_rows == 252


def test_resume_needs_no_sweep_file(shoal, done, store, sweep):
    sweep.unlink()
    (job,) = stored_jobs(store)
    shutil.rmtree(job.folder / "results")
    segments = sorted((job.folder / "segments").glob("*.parquet"))
    ended = shoal("resume", done, "--store", store, "--executor", "inline")
    assert ended.code == 0, ended.err
    assert "diagonalisation" in ended.out
    assert sorted((job.folder / "segments").glob("*.parquet")) == segments


def test_a_job_without_a_result_says_how_to_go_on(shoal, done, store):
    (job,) = stored_jobs(store)
    shutil.rmtree(job.folder / "results")
    ended = shoal("result", done, "--store", store)
    assert ended.code == 1
    assert f"shoal resume {done} --store {store}" in ended.err


def test_a_job_that_nobody_runs_cannot_be_cancelled(shoal, done, store):
    ended = shoal("cancel", done, "--store", store)
    assert ended.code == 1
    assert "nobody runs it" in ended.err


def test_a_job_without_a_sweep_file_has_plain_names(shoal, done, store):
    (job,) = stored_jobs(store)
    (job.folder / "sweep.json").unlink()
    out = shoal("result", done, "--store", store, "--format", "csv").out
    first = out.splitlines()[0].replace('"', "")
    assert first == "pub,circuit,precision,observable,phi,theta,ev,std"


def test_a_changed_keepsake_is_an_error_not_a_wrong_name(shoal, done, store):
    (job,) = stored_jobs(store)
    (job.folder / "sweep.json").write_text('{"labels": []}')
    ended = shoal("result", done, "--store", store)
    assert ended.code == 2
    assert "sweep.json" in ended.err
