"""A driver that dies at any line: nothing that was committed is lost, nothing counts twice."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Files that are never fsynced to a disk: thousands of fsyncs are what this test is slow by.
IN_MEMORY = Path("/dev/shm")


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("torn", marks=pytest.mark.slow),
        pytest.param("power", marks=pytest.mark.slow),
        # The same calls, with less to survive.
        pytest.param("before", marks=pytest.mark.chaos),
        pytest.param("data", marks=pytest.mark.chaos),
    ],
)
def test_a_job_survives_a_crash_at_every_call(way: str) -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as base:
        child = subprocess.run(
            [sys.executable, "-m", "tests.orchestrator.crash_points", base, way],
            capture_output=True,
            text=True,
            check=False,
        )
    assert child.returncode == 0, child.stderr
    assert int(child.stdout.split()[0]) > 80
