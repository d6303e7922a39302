"""Spreads numbered work over threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

SHARES_PER_THREAD = 4
"""Work is dealt out in this many pieces a thread, so that threads end together."""

MIN_THREAD_SECONDS = 3e-4
"""A thread with less work than this costs more than it brings."""

Share = tuple[int, int]
"""First piece of work, and one past the last."""


def spread(
    worker: Callable[[], Callable[[Share], None]],
    pieces: int,
    threads: int,
    piece_seconds: float | None = None,
) -> None:
    """Deal work out to threads, the caller's included.

    Args:
        worker: Called once on each thread: returns what works on a share, without the GIL.
        pieces: How many pieces of work there are.
        threads: How many threads run at most.
        piece_seconds: About how long a piece takes: of little work fewer threads are made.
    """
    if piece_seconds is not None:
        threads = min(threads, int(pieces * piece_seconds / MIN_THREAD_SECONDS))
    threads = max(1, min(threads, pieces))
    shares = 1 if threads == 1 else min(pieces, threads * SHARES_PER_THREAD)
    left = deque(pairwise(pieces * share // shares for share in range(shares + 1)))

    def work() -> None:
        work_on = worker()
        while True:
            try:
                share = left.popleft()
            except IndexError:
                return
            work_on(share)

    if threads == 1:
        work()
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
        for other in others:
            other.result()
