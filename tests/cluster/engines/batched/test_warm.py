"""Kernels are kept on disk, and found again by other processes."""

import os
import subprocess
import sys

import pytest

from shoal.cluster.engines.batched import warm

PROGRAM = """
import sys
from shoal.cluster.engines.batched import compile_circuit, warm
assert "numba" not in sys.modules
warm()
from shoal.cluster.engines.batched.kernels.interpreter import run_rows
print(sum(run_rows.stats.cache_hits.values()), sum(run_rows.stats.cache_misses.values()))
"""


def hits_and_misses(folder) -> list[int]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in run.stdout.split()]


@pytest.mark.slow
def test_compiled_once(tmp_path):
    assert hits_and_misses(tmp_path) == [0, 1]
    assert hits_and_misses(tmp_path) == [1, 0]


def test_warm_says_how_long_it_took():
    assert 0 < warm() < 300
