"""``shoal run`` and ``shoal resume``: from a sweep file, or a job's folder, to a result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.cancel_file import is_asked_to_cancel
from ...orchestrator.job_folders import find_job
from ...orchestrator.lease import read_driver
from ...orchestrator.request_files import load_request
from ...orchestrator.result_files import load_result
from ...primitives.errors import JobCancelledError, ShoalError
from ...primitives.expansion import expand
from ...primitives.job import Job, Progress
from ...primitives.request import Request
from ..engines.choice import check
from ..sweeps.keepsake import Keepsake, load_keepsake
from ..sweeps.request import request_of
from ..sweeps.sweep import read_sweep
from .exits import (
    INTERRUPTED,
    RUN_FAILED,
    TERMINATED,
    CommandFailed,
    Terminated,
    say_error,
    signals_as_exceptions,
    wrong_input,
)
from .progress import ProgressView, duration
from .result import find_complete, show_result
from .settings import Settings
from .start import start_job
from .terminal import print_lines

WAIT_SECONDS = 0.2
"""Between two looks at a job's progress."""

END_SECONDS = 60.0
"""How long a job that was cancelled may take to leave the blocks that are running."""


def run_sweep(path: Path, overrides: Sequence[str], settings: Settings) -> None:
    """Run a sweep, or the rest of it, and show its result.

    Args:
        path: The sweep file.
        overrides: As after ``--set``.
        settings: What else was said.

    Raises:
        CommandFailed: The input is wrong, or the run failed.
    """
    with wrong_input():
        sweep = read_sweep(path, overrides)
        request = request_of(sweep)
        said = sweep.source.table
        store = settings.store_over(None if said.store is None else sweep.source.beside(said.store))
        workers = settings.workers_over(said.workers)
    _run(request, sweep.name, Keepsake.of(sweep), store, workers, settings)


def resume_job(job: str, settings: Settings) -> None:
    """Run the rest of a stored job, and show its result.

    Args:
        job: The job's id, or its beginning.
        settings: What else was said.

    Raises:
        CommandFailed: There is no such job, or the run failed.
    """
    store = settings.store_over(None)
    with wrong_input():
        folder = find_job(store, job)
        request = load_request(folder)
        keepsake = load_keepsake(folder, request)
    name = folder.name.rpartition("-")[0]
    _run(request, name, keepsake, store, settings.workers_over(None), settings)


def _run(
    request: Request,
    name: str,
    keepsake: Keepsake,
    store: Path,
    workers: int,
    settings: Settings,
) -> None:
    with wrong_input():
        workload = expand(request)
        check(request, workload)
        folder = find_complete(store, request)
    if folder is not None:
        with wrong_input():
            keepsake.save(folder)
            result = load_result(folder, request=request)
        show_result(folder, request, keepsake, result)
        print_lines([f"{folder.name} was complete already: nothing was run again."])
        return
    began = time.monotonic()
    with ExitStack() as started:
        with wrong_input():
            job = started.enter_context(
                start_job(request, workload, name, store, workers, settings)
            )
            folder = find_job(store, job.job_id())
            keepsake.save(folder)
        started.enter_context(signals_as_exceptions())
        result = _wait(job, store, folder)
    seconds = time.monotonic() - began
    show_result(folder, request, keepsake, result)
    print_lines([_summary(job.progress(), seconds)])


def _wait(job: Job, store: Path, folder: Path) -> PrimitiveResult:
    """Wait for a job's result and show its progress; end it cleanly when asked to end."""
    me = read_driver(folder)
    try:
        with ProgressView() as view:
            while True:
                try:
                    return job.result(timeout=WAIT_SECONDS)
                except TimeoutError:
                    view.show(job.progress())
                if me is not None and is_asked_to_cancel(folder, me):
                    job.cancel()
    except (KeyboardInterrupt, Terminated) as end:
        say_error("ending after the blocks that are running; what is committed is kept")
        job.cancel()
        with suppress(Exception):
            job.result(timeout=END_SECONDS)
        code = INTERRUPTED if isinstance(end, KeyboardInterrupt) else TERMINATED
        raise CommandFailed(f"interrupted. {_how_to_resume(job, store)}", code) from None
    except JobCancelledError as error:
        raise CommandFailed(f"{error}. {_how_to_resume(job, store)}", RUN_FAILED) from error
    except (ShoalError, ValueError, OSError) as error:
        raise CommandFailed(f"{error}\n{_how_to_resume(job, store)}", RUN_FAILED) from error


def _how_to_resume(job: Job, store: Path) -> str:
    done, total = job.progress().blocks_done, job.progress().blocks_total
    return (
        f"{done} of {total} blocks are kept; the same command goes on from there, and so does:\n"
        f"  shoal resume {job.job_id()} --store {store}"
    )


def _summary(progress: Progress, seconds: float) -> str:
    pace = progress.evaluations_done / progress.seconds if progress.seconds else 0.0
    return (
        f"{progress.evaluations_done:,} evaluations and {progress.shots_done:,} shots "
        f"in {duration(progress.seconds)} ({pace:,.0f} evaluations/s, {progress.workers} workers); "
        f"{duration(seconds)} with start and reduce."
    )
