"""A stored job started where it was asked for: on Ray's workers, MPI's, or in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...primitives.errors import ExecutionError
from ...primitives.job import Job
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..queues.served import QueueSet
from ..slurm.job_clock import walltime_of_this_job
from ..slurm.slurm_table import SlurmTable
from .allocation import note_allocation, uses_allocation
from .exits import INPUT_WRONG, CommandFailed, wrong_input
from .inline_job import inline_job
from .prepare import Prepared
from .settings import Settings

if TYPE_CHECKING:
    from ..cluster import Cluster


def start_job(
    request: Request,
    workload: Workload,
    prepared: Prepared,
    store: Path,
    workers: int,
    settings: Settings,
    queues: QueueSet,
) -> AbstractContextManager[Job]:
    """Start a job, or the rest of it.

    Args:
        request: What is asked.
        workload: Its expansion.
        prepared: The job's folder.
        store: The store's folder.
        workers: How many.
        settings: What else was said.
        queues: Those that there are.

    Returns:
        A context that ends whatever was started for the job.

    Raises:
        StoreError: The store cannot be written, or another process drives the job.
        ExecutionError: Ray could not be started, or not be reached.
    """
    name = prepared.folder.name.rpartition("-")[0]
    note_allocation(prepared.folder)
    if settings.executor == "inline" or not prepared.blocks_left:
        return inline_job(request, workload, name, store, workers, queues)
    return _cluster_job(request, name, store, workers, settings, queues)


@contextmanager
def _cluster_job(
    request: Request,
    name: str,
    store: Path,
    workers: int,
    settings: Settings,
    queues: QueueSet,
) -> Iterator[Job]:
    with ExitStack() as opened:
        cluster = settings.opened or opened.enter_context(open_cluster(store, workers, settings))
        cluster.queues = queues
        if cluster.walltime is None:
            cluster.walltime = opened.enter_context(walltime_of_this_job())
        yield cluster.submit(request, name=name)


def open_cluster(store: Path | None, workers: int, settings: Settings) -> Cluster:
    """Have the workers that were asked for.

    Args:
        store: The store's folder; ``None``: whoever uses the cluster keeps what comes back.
        workers: How many.
        settings: What else was said.

    Raises:
        ExecutionError: Ray could not be started, or not be reached.
    """
    from ..cluster import Cluster

    if settings.executor == "mpi":
        return Cluster.mpi(store=store)
    if uses_allocation(settings):
        return _slurm_cluster(store, settings)
    if settings.address is None:
        _say(f"starting Ray on this machine, with {workers} worker{'s' * (workers != 1)}")
        gpus = workers if settings.placement.gpus_per_worker else 0
        threads = settings.placement.threads_per_worker
        return Cluster.local(
            workers, store=store, threads=threads, gpus=gpus, node_labels=settings.labels
        )
    _say(f"joining the Ray at {settings.address}")
    return Cluster.connect(
        settings.address,
        store=store,
        kinds=settings.kinds,
        attachment=settings.attachment,
        is_shared=settings.is_shared,
    )


def _slurm_cluster(store: Path | None, settings: Settings) -> Cluster:
    from ..cluster import Cluster

    job, nodes = os.environ["SLURM_JOB_ID"], os.environ["SLURM_JOB_NODELIST"]
    _say(f"starting Ray on the nodes of Slurm job {job}: {nodes}")
    table = settings.slurm or SlurmTable()
    with wrong_input():
        try:
            return Cluster.from_slurm(
                store=store,
                kinds=settings.kinds,
                is_shared=table.is_shared,
                node_labels=settings.labels,
                bring_up=table.bring_up,
            )
        except ExecutionError as error:
            raise CommandFailed(str(error), INPUT_WRONG) from error


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()
