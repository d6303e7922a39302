"""One request from start to result, and ``shoal resume``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.job_folders import find_job, stored_job
from ...orchestrator.request_files import load_request
from ...orchestrator.result_files import load_result
from ...primitives.errors import OutOfTimeError, ShoalError
from ...primitives.expansion import expand
from ...primitives.job import Job, Progress
from ...primitives.request import Request
from ..engines.choice import check
from ..queues.rehearsal import rehearsal_lines
from ..queues.served import QueueSet
from ..sweeps.keepsake import Keepsake, load_keepsake
from .allocation import when_time_is_over
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
from .prepare import prepare_job
from .progress import ProgressView, duration
from .queue_opening import open_queues_of
from .result import find_complete, show_result
from .settings import Settings, slot_here
from .start import start_job
from .terminal import print_lines

WAIT_SECONDS = 0.2
"""Between two looks at a job's progress."""

END_SECONDS = 60.0
"""How long a job that was cancelled may take to leave the blocks that are running."""


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
        workers = settings.workers_over(None)
        settings, queues = open_queues_of(request, settings, store, workers)
    name = folder.name.rpartition("-")[0]
    run_request(request, name, keepsake, store, workers, settings, queues)


def run_request(
    request: Request,
    name: str,
    keepsake: Keepsake,
    store: Path,
    workers: int,
    settings: Settings,
    queues: QueueSet,
) -> None:
    """Run a request, or the rest of it, and show its result.

    Args:
        request: What is asked.
        name: Of a new job.
        keepsake: How its sweep wants to see the result.
        store: The store's folder.
        workers: How many.
        settings: What else was said.
        queues: Those that there are.

    Raises:
        CommandFailed: The input is wrong, or the run failed.
    """
    with wrong_input():
        request = queues.request(store, request, name)
        workload = expand(request)
        check(request, workload, slot_here(settings, workers), queues=queues.names)
        queues.check(workload)
        complete = find_complete(store, request)
        if complete is not None:
            keepsake.save(complete)
            result = load_result(complete, request=request)
            show_result(complete, request, keepsake, result)
            print_lines([f"{complete.name} was complete already: nothing was run again."])
            return
        prepared = prepare_job(request, workload, name, store, keepsake, repair=settings.repair)
    began = time.monotonic()
    with explained(prepared.folder), signals_as_exceptions():
        with start_job(request, workload, prepared, store, workers, settings, queues) as job:
            result = wait_for(job)
        progress = job.progress()
    seconds = time.monotonic() - began
    show_result(prepared.folder, request, keepsake, result)
    print_lines([_summary(progress, seconds), *rehearsal_lines(queues)])


def wait_for(job: Job) -> PrimitiveResult:
    """Wait for a job's result and show its progress; end it cleanly when asked to end.

    Args:
        job: A running job.
    """
    try:
        with ProgressView() as view:
            while True:
                try:
                    return job.result(timeout=WAIT_SECONDS)
                except TimeoutError:
                    view.show(job.progress())
    except (KeyboardInterrupt, Terminated):
        say_error("ending; blocks that are running are finished first (once more: at once)")
        job.cancel(leave=True)
        with suppress(Exception):
            job.result(timeout=END_SECONDS)
        raise


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """End the command with an exit code, and say how to go on from what is committed.

    Args:
        folder: The job's.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise CommandFailed(f"interrupted. {_how_to_resume(folder)}", INTERRUPTED) from None
    except Terminated:
        raise CommandFailed(f"terminated. {_how_to_resume(folder)}", TERMINATED) from None
    except OutOfTimeError as error:
        raise when_time_is_over(error, _how_to_resume(folder)) from error
    except (ShoalError, ValueError, OSError) as error:
        raise CommandFailed(f"{error}\n{_how_to_resume(folder)}", RUN_FAILED) from error


def _how_to_resume(folder: Path) -> str:
    found = stored_job(folder)
    return (
        f"{found.blocks_done} of {found.blocks} blocks are kept; the same command goes on from "
        f"there, and so does:\n  shoal resume {folder.name} --store {folder.parent}"
    )


def _summary(progress: Progress, seconds: float) -> str:
    pace = progress.evaluations_done / progress.seconds if progress.seconds else 0.0
    return (
        f"{progress.evaluations_done:,} evaluations and {progress.shots_done:,} shots "
        f"in {duration(progress.seconds)} ({pace:,.0f} evaluations/s, {progress.workers} workers); "
        f"{duration(seconds)} with start and reduce."
    )
