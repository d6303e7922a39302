"""Kernels are kept on disk, and found again by other processes."""

import os
import subprocess
import sys

from shoal.cluster.engines.batched import warm

PROGRAM = """
import sys
import numpy as np
from shoal.cluster.engines.batched import DrawKey, sample_counts
assert "numba" not in sys.modules
sample_counts(np.ones((1, 2)), 1000, DrawKey(0, 0), np.zeros(1, dtype=np.uint64))
from shoal.cluster.engines.batched.kernels.counting import draw_counts
print(sum(draw_counts.stats.cache_hits.values()), sum(draw_counts.stats.cache_misses.values()))
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


def test_compiled_once(tmp_path):
    assert hits_and_misses(tmp_path) == [0, 1]
    assert hits_and_misses(tmp_path) == [1, 0]


def test_warm_says_how_long_it_took():
    assert 0 < warm() < 300
