"""A stored job run by this process alone: for debugging, and where Ray cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.job_folders import create_or_open
from ...primitives.job import Job, JobControl
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..inline_work import work_inline
from ..queues.served import QueueSet
from ..slurm.job_clock import walltime_of_this_job


@contextmanager
def inline_job(
    request: Request, workload: Workload, name: str, store: Path, workers: int, queues: QueueSet
) -> Iterator[Job]:
    """Start a job's blocks in threads of this process.

    Args:
        request: What is asked.
        workload: Its expansion.
        name: Of a new job.
        store: The store's folder.
        workers: How many threads, each with an engine.
        queues: Those that there are.

    Yields:
        The running job.

    Raises:
        StoreError: The store cannot be written, or another process drives the job.
    """
    with (
        create_or_open(store, request, name, workload=workload) as folder,
        walltime_of_this_job() as walltime,
    ):

        def work(control: JobControl) -> PrimitiveResult:
            return work_inline(
                request, workload, folder, queues, workers, control, walltime=walltime
            )

        job = Job(folder.job_id, work)
        try:
            yield job
        finally:
            # The folder stays this process's until the last block that runs is committed.
            job.cancel(leave=True)
            with suppress(Exception):
                job.result()
