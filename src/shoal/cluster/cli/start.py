"""A stored job started where it was asked for: on Ray's workers, MPI's, or in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ...primitives.job import Job
from ...primitives.request import Request
from ...primitives.workload import Workload
from .inline_job import inline_job
from .prepare import Prepared
from .settings import Settings


def start_job(
    request: Request,
    workload: Workload,
    prepared: Prepared,
    store: Path,
    workers: int,
    settings: Settings,
) -> AbstractContextManager[Job]:
    """Start a job, or the rest of it.

    Args:
        request: What is asked.
        workload: Its expansion.
        prepared: The job's folder.
        store: The store's folder.
        workers: How many.
        settings: What else was said.

    Returns:
        A context that ends whatever was started for the job.

    Raises:
        StoreError: The store cannot be written, or another process drives the job.
        ExecutionError: Ray could not be started, or not be reached.
    """
    name = prepared.folder.name.rpartition("-")[0]
    if settings.executor == "inline" or not prepared.blocks_left:
        return inline_job(request, workload, name, store, workers)
    if settings.executor == "mpi":
        return _mpi_job(request, name, store)
    return _ray_job(request, name, store, workers, settings)


@contextmanager
def _ray_job(
    request: Request, name: str, store: Path, workers: int, settings: Settings
) -> Iterator[Job]:
    from ..cluster import Cluster

    if settings.address is None:
        _say(f"starting Ray on this machine, with {workers} worker{'s' * (workers != 1)}")
        cluster = Cluster.local(workers, store=store)
    else:
        _say(f"joining the Ray at {settings.address}")
        cluster = Cluster.connect(settings.address, store=store, workers=settings.workers)
    with cluster:
        yield cluster.submit(request, name=name)


@contextmanager
def _mpi_job(request: Request, name: str, store: Path) -> Iterator[Job]:
    from ..cluster import Cluster

    with Cluster.mpi(store=store) as cluster:
        yield cluster.submit(request, name=name)


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()
