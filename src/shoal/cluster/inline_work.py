"""What a job does in this process alone: threads for the simulators, gateways for the queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qiskit.primitives import PrimitiveResult

from ..orchestrator.inline import InlineExecutor
from ..orchestrator.memory import MemoryStore
from ..orchestrator.ports import Engine, Slot
from ..orchestrator.reduce import reduce_blocks
from ..orchestrator.result_files import DEFAULT_RESULT, save_result
from ..orchestrator.scheduler import run_job
from ..orchestrator.store import FolderStore
from ..orchestrator.walltime import Walltime
from ..primitives.job import JobControl
from ..primitives.request import Request
from ..primitives.workload import Workload
from .engines.choice import make_engine
from .folder_control import FolderControl
from .job_work import out_of_time
from .queues.beside import beside_queues
from .queues.served import QueueSet


def work_inline(
    request: Request,
    workload: Workload,
    store: FolderStore | MemoryStore,
    queues: QueueSet,
    workers: int,
    control: JobControl,
    walltime: Walltime | None = None,
) -> PrimitiveResult:
    """Run a job's uncommitted blocks and reduce all of them.

    Args:
        request: What is asked, placed.
        workload: Its expansion.
        store: Where outcomes rest; a folder also keeps the result.
        queues: Those that there are.
        workers: How many threads, each with an engine.
        control: The job's.
        walltime: How long this process may work; ``None``: as long as it takes.

    Raises:
        OutOfTimeError: The time was over first; what is committed is kept.
    """

    def engine(slot: Slot) -> Engine:
        return make_engine(request, workload, slot)

    def open_workers() -> InlineExecutor:
        return InlineExecutor(engine, store.committer(), threads=workers)

    folder = store if isinstance(store, FolderStore) else None
    heard = control if folder is None else FolderControl(control, folder.folder)
    on_queues = queues.blocks(workload)
    with beside_queues(queues, request, workload, store, control, open_workers) as executor:
        report = run_job(
            workload,
            store,
            executor,
            control=heard,
            journal=_forget if folder is None else folder.events.note,
            elsewhere=on_queues,
            deadline=walltime,
        )
    if walltime is not None and not report.is_complete:
        raise out_of_time(report, len(workload.blocks) - len(store.committed()))
    result = reduce_blocks(request, workload, store)
    if folder is not None:
        segments = folder.stored.commitments()
        save_result(folder.folder, DEFAULT_RESULT, request, result, segments)
    return result


def _forget(name: str, words: Mapping[str, Any]) -> None:
    """Keep nothing of what happened: there is no folder for it."""
