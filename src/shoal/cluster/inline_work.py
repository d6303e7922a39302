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
from ..primitives.job import JobControl
from ..primitives.request import Request
from ..primitives.workload import Workload
from .engines.choice import make_engine
from .folder_control import FolderControl
from .queues.beside import beside_queues
from .queues.served import QueueSet


def work_inline(
    request: Request,
    workload: Workload,
    store: FolderStore | MemoryStore,
    queues: QueueSet,
    workers: int,
    control: JobControl,
) -> PrimitiveResult:
    """Run a job's uncommitted blocks and reduce all of them.

    Args:
        request: What is asked, placed.
        workload: Its expansion.
        store: Where outcomes rest; a folder also keeps the result.
        queues: Those that there are.
        workers: How many threads, each with an engine.
        control: The job's.
    """

    def engine(slot: Slot) -> Engine:
        return make_engine(request, workload, slot)

    def open_workers() -> InlineExecutor:
        return InlineExecutor(engine, store.committer(), threads=workers)

    folder = store if isinstance(store, FolderStore) else None
    heard = control if folder is None else FolderControl(control, folder.folder)
    on_queues = queues.blocks(workload)
    with beside_queues(queues, request, workload, store, control, open_workers) as executor:
        run_job(
            workload,
            store,
            executor,
            control=heard,
            journal=_forget if folder is None else folder.events.note,
            elsewhere=on_queues,
        )
    result = reduce_blocks(request, workload, store)
    if folder is not None:
        segments = folder.stored.commitments()
        save_result(folder.folder, DEFAULT_RESULT, request, result, segments)
    return result


def _forget(name: str, words: Mapping[str, Any]) -> None:
    """Keep nothing of what happened: there is no folder for it."""
