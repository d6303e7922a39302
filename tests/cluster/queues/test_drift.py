"""A device that drifts is calibrated again while there is work, and shots go by the nearest."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from shoal.cluster import Queues, open_store
from shoal.cluster.cli.report import write_report
from shoal.cluster.queues.vendor_times import end_of, in_utc, seconds_of
from shoal.orchestrator.vendor_jobs import stored_submissions
from shoal.primitives import Sampler
from tests.cluster.queues.drifting import (
    NUM_BLOCKS,
    ONE_BY_ONE,
    TIMES,
    asked,
    estimate,
    excited,
    lab,
)


def furthest(data):
    """Return how far from the truth, which is -1, the mean of a block is at the most."""
    return np.abs(data.evs.reshape(NUM_BLOCKS, -1).mean(axis=1) + 1).max()


@pytest.mark.parametrize("twirls", [False, True])
def test_the_calibration_nearest_in_time_gives_nearer_values(tmp_path, twirls):
    twirling = {"twirling": {"enable_measure": twirls, "num_randomizations": 2}}
    once = estimate(lab(tmp_path / "once"), tmp_path / "store", None, **twirling)
    often = estimate(lab(tmp_path / "often"), tmp_path / "store", 0.0, **twirling)
    found = often.result()[0].data
    assert furthest(found) < 0.6 * furthest(once.result()[0].data)
    assert np.isfinite(found.stds).all()


def resilience(job):
    return job.result()[0].metadata["resilience"]


def test_shots_without_a_recent_calibration_are_told_of(tmp_path):
    job = estimate(lab(tmp_path / "lab"), tmp_path / "store", 0.0, times=2)
    words = resilience(job)["stale_calibration"]
    assert re.match(r"shots of 256 of 256 points were taken up to [\d,]+ s from", words)
    assert "the 2 calibrations of max_calibrations were used up" in words
    stored = open_store(tmp_path / "store").job(job.job_id())
    assert resilience(stored)["stale_calibration"] == words
    without = stored.reduce({"resilience": {"measure_mitigation": False}})[0].metadata
    assert "stale_calibration" not in without["resilience"]
    write_report(tmp_path / "store", job.job_id(), tmp_path / "report.html", None)
    assert "were used up" in (tmp_path / "report.html").read_text()


def test_no_words_are_lost_on_calibrations_that_were_recent_or_are_left(tmp_path):
    recent = estimate(lab(tmp_path / "recent"), tmp_path / "store", 3600.0, times=1)
    left = estimate(lab(tmp_path / "left"), tmp_path / "store", 0.0)
    assert "stale_calibration" not in resilience(recent)
    assert "stale_calibration" not in resilience(left)


def test_what_is_recent_is_not_measured_again(tmp_path):
    queue = lab(tmp_path / "lab")
    job = estimate(queue, tmp_path / "store", 3600.0)
    assert queue.submissions == NUM_BLOCKS + 1
    assert np.isfinite(job.result()[0].data.evs).all()


def test_a_second_reduce_gives_the_same_bits(tmp_path):
    job = estimate(lab(tmp_path / "lab"), tmp_path / "store", 0.0)
    stored = open_store(tmp_path / "store").job(job.job_id())
    again = stored.reduce({"resilience": {"confidence": 0.9}})[0].data
    np.testing.assert_array_equal(again.evs, job.result()[0].data.evs)
    np.testing.assert_array_equal(again.stds, job.result()[0].data.stds)


def test_a_samplers_shots_go_by_the_nearest_calibration(tmp_path):
    circuit = excited()
    circuit.measure_all()
    errors = []
    for max_age in (None, 0.0):
        queue = lab(tmp_path / f"lab-{max_age}")
        with Queues({"lab": (queue, ONE_BY_ONE)}, store=tmp_path / "store") as mode:
            pub = circuit, np.zeros((64 * NUM_BLOCKS, 1))
            found = Sampler(mode, asked(max_age, 3)).run([pub], shots=400).result()[0]
            stale = found.metadata["resilience"].get("stale_calibration")
        ones = [one.get(1, 0.0) for one in found.quasi["meas"].reshape(-1)]
        errors.append(np.abs(np.reshape(ones, (NUM_BLOCKS, -1)).mean(axis=1) - 1).max())
    assert errors[1] < 0.6 * errors[0]
    assert "the 3 calibrations" in stale


def drive(folder, *arguments):
    command = [sys.executable, "-m", "tests.cluster.queues.drifting", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_a_driver_that_was_killed_keeps_the_times_and_sends_nothing_twice(tmp_path):
    assert drive(tmp_path, "submitted", "4").returncode == -signal.SIGKILL
    killed = datetime.now(UTC).timestamp()
    said = drive(tmp_path)
    assert said.returncode == 0, said.stderr
    job_id, submissions = json.loads(said.stdout)
    sent = stored_submissions(tmp_path / "store" / job_id)
    assert len(sent) == submissions == 2 * NUM_BLOCKS + 1
    # The fourth one was fetched by the second driver, and keeps the vendor's time.
    assert [seconds_of(one.measured) < killed for one in sent[:5]] == [True] * 4 + [False]
    assert submissions < NUM_BLOCKS + TIMES
    stored = open_store(tmp_path / "store").job(job_id)
    assert furthest(stored.result()[0].data) < 0.2


def test_a_vendors_time_is_written_as_ours_are():
    class Job:
        def metrics(self):
            return {"timestamps": {"finished": "2026-01-02T03:04:05.678901Z"}}

    assert end_of(Job()) == "2026-01-02T03:04:05.678+00:00"
    assert end_of(object()) is None
    assert in_utc("soon") is None
    assert in_utc(datetime(2026, 1, 2)) == "2026-01-02T00:00:00.000+00:00"
