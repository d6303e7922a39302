"""Puts the clock of a node's Python processes ahead, where the test that started it says so."""

import os
import time

AHEAD = float(os.environ.get("SHOAL_TEST_CLOCK") or 0.0)

if AHEAD:
    right = time.time
    time.time = lambda: right() + AHEAD
