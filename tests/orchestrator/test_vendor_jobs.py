import json

import pytest

from shoal.orchestrator.device_properties import keep_properties
from shoal.orchestrator.vendor_jobs import (
    VENDOR_JOBS_NAME,
    VendorJobs,
    stored_submissions,
    waiting_at,
)

LIMITS = {"max_circuits": 8, "max_shots": None}


@pytest.fixture
def jobs(tmp_path):
    made = VendorJobs(tmp_path, "sweep")
    yield made
    made.close()


def test_a_job_goes_through_its_lines(jobs, tmp_path):
    batch = jobs.plan("torino", [0, 1, 5], LIMITS)
    intended = jobs.intend(batch.number, 0)
    jobs.submitted(intended.tag, "abc")
    jobs.taken(intended.tag, "torino", {"t1": [1.0]})
    (found,) = stored_submissions(tmp_path)
    assert (found.tag, found.job_id, found.attempt, found.end) == (intended.tag, "abc", 0, None)
    assert found.taken is not None
    assert found.tag.startswith("shoal-sweep-")


def test_another_process_finds_what_was_said(jobs, tmp_path):
    batch = jobs.plan("torino", [0, 1, 5], LIMITS)
    jobs.intend(batch.number, 1)
    again = VendorJobs(tmp_path)
    assert again.batches("torino") == [batch]
    assert again.batches("fez") == []
    assert again.latest(batch.number, 1) == jobs.latest(batch.number, 1)
    assert again.latest(batch.number, 0) is None


def test_a_line_that_a_crash_cut_short_says_nothing(jobs, tmp_path):
    jobs.plan("torino", [0], LIMITS)
    path = tmp_path / VENDOR_JOBS_NAME
    path.write_bytes(path.read_bytes() + b'{"intend":"shoal-x","bat')
    again = VendorJobs(tmp_path)
    assert not again.submissions
    again.intend(0, 0)
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_what_came_to_nothing_is_tried_under_another_name(jobs):
    jobs.plan("torino", [0], LIMITS)
    first = jobs.intend(0, 0)
    jobs.ended(first.tag, "lost", "no such job")
    second = jobs.intend(0, 0)
    assert (second.attempt, jobs.latest(0, 0)) == (1, second)
    assert second.tag != first.tag
    assert jobs.submissions[0].end == "lost"


def test_without_a_folder_nothing_is_kept():
    jobs = VendorJobs(None)
    jobs.plan("torino", [0], LIMITS)
    tag = jobs.intend(0, 0).tag
    jobs.taken(tag, "torino", {"t1": 1.0})
    assert jobs.submissions[0].taken
    assert not jobs.is_durable


def test_a_devices_properties_are_kept_once_as_long_as_they_stay(tmp_path):
    names = {keep_properties(tmp_path, "fez", {"t1": value}) for value in (1.0, 1.0, 2.0)}
    assert len(names) == len(list((tmp_path / "devices").iterdir())) == 2
    assert all(name.startswith("fez-") for name in names)


def test_what_waits_where_is_known_without_the_vendor(jobs, tmp_path):
    for queue in ("fez", "torino"):
        jobs.plan(queue, [0], LIMITS)
    waits, done = jobs.intend(0, 0), jobs.intend(1, 0)
    jobs.submitted(done.tag, "a")
    jobs.taken(done.tag, "torino", None)
    assert waiting_at(tmp_path) == {"fez": [waits], "torino": []}
    assert waiting_at(tmp_path / "nothing") == {}
