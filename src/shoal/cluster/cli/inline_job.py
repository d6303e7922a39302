"""A stored job run by this process alone: for debugging, and where Ray cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.inline import InlineExecutor
from ...orchestrator.job_folders import create_or_open
from ...orchestrator.ports import Engine, Slot
from ...orchestrator.reduce import reduce_blocks
from ...orchestrator.result_files import DEFAULT_RESULT, save_result
from ...orchestrator.scheduler import run_job
from ...orchestrator.store import FolderStore
from ...primitives.job import Job, JobControl
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..engines.choice import make_engine
from ..folder_control import FolderControl


@contextmanager
def inline_job(
    request: Request, workload: Workload, name: str, store: Path, workers: int
) -> Iterator[Job]:
    """Start a job's blocks in threads of this process.

    Args:
        request: What is asked.
        workload: Its expansion.
        name: Of a new job.
        store: The store's folder.
        workers: How many threads, each with an engine.

    Yields:
        The running job.

    Raises:
        StoreError: The store cannot be written, or another process drives the job.
    """
    with create_or_open(store, request, name, workload=workload) as folder:

        def work(control: JobControl) -> PrimitiveResult:
            return _work(folder, workers, control)

        job = Job(folder.job_id, work)
        try:
            yield job
        finally:
            # The folder stays this process's until the last block that runs is committed.
            job.cancel()
            with suppress(Exception):
                job.result()


def _work(store: FolderStore, workers: int, control: JobControl) -> PrimitiveResult:
    def engine(slot: Slot) -> Engine:
        return make_engine(store.request, store.workload, slot)

    executor = InlineExecutor(engine, store.committer(), threads=workers)
    heard = FolderControl(control, store.folder)
    try:
        run_job(store.workload, store, executor, control=heard, journal=store.events.note)
    finally:
        executor.close()
    result = reduce_blocks(store.request, store.workload, store)
    save_result(store.folder, DEFAULT_RESULT, store.request, result, store.stored.commitments())
    return result
