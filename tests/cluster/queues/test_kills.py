"""The driver is killed at scripted points: nothing is submitted twice."""

import json
import signal
import subprocess
import sys

import pytest

from tests.cluster.queues.campaign import NEEDED, SCRIPTED_LOSSES

EXPECTED = {**NEEDED, "bad": NEEDED["bad"] + SCRIPTED_LOSSES}


def campaign(folder, *arguments):
    command = [sys.executable, "-m", "tests.cluster.queues.campaign", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=3000, check=False)


def finish(folder, *arguments):
    said = campaign(folder, *arguments)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


POINTS = [("plan", 2), ("intend", 4), ("sent", 3), ("submitted", 2), ("shots", 1)]
OTHER_POINTS = [("sent", 1), ("sent", 1), ("sent", 2), ("commit", 2), ("submitted", 1)]


def killed_at(points, folder, *arguments):
    for step, nth in points:
        assert campaign(folder, step, str(nth), *arguments).returncode == -signal.SIGKILL, step
    return finish(folder, *arguments)[1]


def test_a_driver_killed_at_five_points_submits_each_job_once(tmp_path):
    assert killed_at(POINTS, tmp_path) == EXPECTED


@pytest.mark.chaos
def test_a_driver_killed_at_five_other_points_submits_each_job_once(tmp_path):
    assert killed_at(OTHER_POINTS, tmp_path) == EXPECTED
    assert finish(tmp_path)[1] == EXPECTED


@pytest.mark.chaos
def test_a_campaign_on_devices_of_ibm_submits_each_job_once(tmp_path):
    assert killed_at(POINTS, tmp_path, "--ibm") == EXPECTED
