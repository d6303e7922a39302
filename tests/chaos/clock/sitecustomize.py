"""Puts the clock of a node's Python processes ahead, where the test that started it says so."""

import os
import socket
import time

SAID = os.environ.get("SHOAL_TEST_CLOCK") or "0"
HOST, _, SECONDS = SAID.rpartition("=")
AHEAD = float(SECONDS) if HOST in ("", socket.gethostname()) else 0.0

if AHEAD:
    right = time.time
    time.time = lambda: right() + AHEAD
