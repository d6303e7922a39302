"""``shoal reduce``: mitigation once more, from stored shots, beside the results that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...orchestrator.job_folders import find_job
from ...orchestrator.request_files import load_request
from ...orchestrator.staged_results import reduce_whole
from ..reports.report import make_report
from ..sweeps.keepsake import load_keepsake
from ..sweeps.source import nested_overrides
from .exits import wrong_input
from .terminal import print_lines, print_report


def reduce_job(store: Path, job: str, overrides: Sequence[str], name: str | None) -> None:
    """Reduce a stored job with other options, keep the result and show it.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.
        overrides: Options as ``resilience.zne.extrapolator=linear``.
        name: Of the new result; ``None``: the next free number.

    Raises:
        CommandFailed: There is no such job, it is not complete, or its shots cannot serve these
            options.
    """
    with wrong_input():
        folder = find_job(store, job)
        chosen, result = reduce_whole(folder, nested_overrides(overrides), name)
        request = load_request(folder)
        keepsake = load_keepsake(folder, request)
    print_report(make_report(request, keepsake.labels, result, keepsake.report))
    print_lines(["", f"Result {chosen!r} of {folder.name}: {folder / 'results'}"])
