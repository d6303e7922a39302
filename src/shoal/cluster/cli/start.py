"""A stored job started by the executor that was asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ...primitives.job import Job
from ...primitives.request import Request
from ...primitives.workload import Workload
from .inline_job import inline_job
from .settings import Settings


def start_job(
    request: Request,
    workload: Workload,
    name: str,
    store: Path,
    workers: int,
    settings: Settings,
) -> AbstractContextManager[Job]:
    """Start a job, or the rest of it.

    Args:
        request: What is asked.
        workload: Its expansion.
        name: Of a new job.
        store: The store's folder.
        workers: How many.
        settings: What else was said.

    Returns:
        A context that ends whatever was started for the job.

    Raises:
        StoreError: The store cannot be written, or another process drives the job.
    """
    return inline_job(request, workload, name, store, workers)
