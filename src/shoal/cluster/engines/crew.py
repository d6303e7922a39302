"""Threads of a slot, for compiled loops over parts of one large array."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Crew:
    """Runs a function over the parts of a range, on as many threads as a slot has."""

    def __init__(self, threads: int) -> None:
        """Start no thread before there is work for two.

        Args:
            threads: Threads that may run at a time.
        """
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def spread(self, work: Callable[[int, int], None], size: int, part: int) -> None:
        """Call ``work(first, last)`` for consecutive parts of ``range(size)``.

        Args:
            work: Releases the interpreter lock, and writes to places of its own part only.
            size: End of the range.
            part: Size of a part; fixed by the caller, never by the number of threads.
        """
        edges = [(first, min(first + part, size)) for first in range(0, size, part)]
        if self._threads == 1 or len(edges) == 1:
            for first, last in edges:
                work(first, last)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="shoal-state")
        for _ in self._pool.map(lambda edge: work(*edge), edges):
            pass
