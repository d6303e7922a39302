"""Progress for people: one live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid

from ...primitives.job import Progress

PLAIN_SECONDS = 5.0
"""Between two plain lines."""


class ProgressView:
    """Shows a job's progress while it is entered."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Choose how to show it.

        Args:
            stream: Where; standard error by default, so that results can be piped.
        """
        self._stream = stream or sys.stderr
        console = Console(file=self._stream)
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        self._said_at = float("-inf")
        self._first: Progress | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._is_live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the live line away."""
        if self._is_live:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Show how far the job has come.

        Args:
            progress: What the job reported last.
        """
        if not progress.blocks_total:
            return
        self._first = self._first or progress
        if self._is_live:
            self._live.update(_grid(progress, self._first), refresh=True)
        elif progress.seconds - self._said_at >= PLAIN_SECONDS:
            self._said_at = progress.seconds
            self._stream.write(progress_line(progress, self._first) + "\n")
            self._stream.flush()


def progress_line(progress: Progress, first: Progress) -> str:
    """Write progress in one line.

    Args:
        progress: What was reported last.
        first: What was reported first: what an earlier run had done is no part of the pace.

    Returns:
        Blocks, evaluations and their pace, shots, time left, workers.

    >>> progress_line(Progress(2, 8, 100, 400, 5000, 2.0, 6.0, 2), Progress(0, 8))
    '2/8 blocks, 100 evaluations (50/s), 5,000 shots, 6.0 s left, 2 workers'
    """
    pace = (
        (progress.evaluations_done - first.evaluations_done) / progress.seconds
        if progress.seconds
        else 0.0
    )
    left = "" if progress.eta_seconds is None else f", {duration(progress.eta_seconds)} left"
    return (
        f"{progress.blocks_done:,}/{progress.blocks_total:,} blocks, "
        f"{progress.evaluations_done:,} evaluations ({pace:,.0f}/s), "
        f"{progress.shots_done:,} shots{left}, "
        f"{progress.workers} worker{'' if progress.workers == 1 else 's'}"
    )


def duration(seconds: float) -> str:
    """Write a time span.

    Args:
        seconds: How long.

    >>> duration(4.24), duration(59), duration(75), duration(7260)
    ('4.2 s', '59 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _grid(progress: Progress, first: Progress) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(width=24)
    grid.add_column(overflow="ellipsis", no_wrap=True)
    bar = ProgressBar(total=progress.blocks_total, completed=progress.blocks_done)
    grid.add_row(bar, progress_line(progress, first))
    return grid
