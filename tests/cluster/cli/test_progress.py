"""Progress on a terminal and in a file."""

import io

from shoal.cluster.cli.progress import ProgressView, progress_line
from shoal.primitives.job import Progress


def test_plain_lines_come_now_and_then():
    stream = io.StringIO()
    with ProgressView(stream) as view:
        for second in range(11):
            view.show(Progress(second, 10, 10 * second, 100, 0, float(second), 1.0, 2))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_nothing_is_said_before_the_job_has_begun():
    stream = io.StringIO()
    with ProgressView(stream) as view:
        view.show(Progress())
    assert not stream.getvalue()


def test_pace_counts_this_run_alone():
    first = Progress(5, 10, 500, 1000, 0, 0.0)
    line = progress_line(Progress(6, 10, 600, 1000, 0, 2.0, 8.0, 1), first)
    assert "600 evaluations (50/s)" in line
    assert line.endswith("8.0 s left, 1 worker")
