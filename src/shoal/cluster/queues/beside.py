"""Queues put beside a job's workers, for as long as the job runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...orchestrator.memory import MemoryStore
from ...orchestrator.ports import Executor
from ...orchestrator.store import FolderStore
from ...orchestrator.vendor_jobs import VendorJobs
from ...primitives.job import JobControl
from ...primitives.request import Request
from ...primitives.workload import Workload
from .executor import QueueExecutor
from .served import QueueSet

JobStore = FolderStore | MemoryStore


@contextmanager
def beside_queues(
    queues: QueueSet,
    request: Request,
    workload: Workload,
    store: JobStore,
    control: JobControl,
    open_workers: Callable[[], Executor],
) -> Iterator[Executor]:
    """Open what runs a job's blocks, and close it at the end.

    Args:
        queues: Those that there are.
        request: What is asked, placed.
        workload: Its expansion.
        store: Where outcomes rest.
        control: The job's.
        open_workers: Called where there is something for workers to run.

    Yields:
        The executor.
    """
    on_queues, committed = queues.blocks(workload), store.committed()
    is_for_workers = len(committed | on_queues) < len(workload.blocks)
    workers = open_workers() if is_for_workers else None
    if not on_queues - committed and workers is not None:
        try:
            yield workers
        finally:
            workers.close()
        return
    folder = store.folder if isinstance(store, FolderStore) else None
    jobs = VendorJobs(folder, "job" if folder is None else folder.name)

    def is_cancelling() -> bool:
        """Cancel at the vendor what nobody will ever fetch."""
        return not jobs.is_durable or (control.cancelled() and not control.is_left)

    executor = QueueExecutor(
        workers,
        [gateway for _, gateway in queues.gateways(request, workload, jobs)],
        workload,
        committed,
        store.committer(),
        is_cancelling=is_cancelling,
    )
    try:
        yield executor
    finally:
        executor.close()
        jobs.close()
