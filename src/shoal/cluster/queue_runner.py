"""Queues and this process, without Ray: a runner, to be said as ``mode`` to a primitive."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from qiskit.primitives import PrimitiveResult
from qiskit.providers import BackendV2

from ..orchestrator.job_folders import create_or_open
from ..orchestrator.memory import MemoryStore
from ..orchestrator.store import FolderStore
from ..primitives.errors import ExecutionError
from ..primitives.expansion import expand
from ..primitives.job import Job, JobControl
from ..primitives.request import Request
from .engines.choice import check
from .inline_work import work_inline
from .job_work import reduce_stored
from .node_cores import usable_cores
from .opened_runner import OpenedRunner
from .queues.served import QueueSet


class Queues(OpenedRunner):
    """Queues of vendors by name, with simulators in threads of this process beside them.

    >>> with Queues({"torino": backend}, store="runs") as queues:  # doctest: +SKIP
    ...     options = {"execution": {"engine": "torino"}}
    ...     result = Estimator(queues, options).run([(circuit, "ZZ")], precision=0.02).result()
    """

    def __init__(
        self,
        queues: Mapping[str, Any],
        *,
        store: str | PathLike[str] | None = None,
        workers: int | None = None,
    ) -> None:
        """Take queues in; nothing is asked of them yet.

        Args:
            queues: Each a backend, a sampler of Qiskit's V2 interface, or a pair of one and
                `QueueSettings`.
            store: The folder in which jobs are kept; ``None``: results in memory only, and jobs in
                queues are lost with this process.
            workers: Threads for what is not for queues; ``None``: one a core.

        Raises:
            TypeError: A queue is none of these.
            RequestError: A name is an engine's.
        """
        self.queues = QueueSet(queues)
        self._store = None if store is None else Path(store).absolute()
        self._workers = workers or usable_cores()
        self._jobs: weakref.WeakSet[Job] = weakref.WeakSet()
        self._is_closed = False

    @property
    def queue_names(self) -> tuple[str, ...]:
        """Of the queues that it serves."""
        return self.queues.names

    def queue_device(self, name: str) -> BackendV2:
        """Return what a queue's circuits are translated for."""
        return self.queues.device(name)

    def submit(self, request: Request, *, name: str | None = None) -> Job:
        """Start a request, or the rest of it where the store has a part already.

        Args:
            request: What is asked.
            name: Of a new job in the store; ``None``: the primitive's.

        Raises:
            RequestError: No queue and no engine can serve it; nothing was sent.
            StoreError: The store cannot be used, or another process drives the same job.
            ExecutionError: The runner is closed.
        """
        if self._is_closed:
            raise ExecutionError("these queues are closed: submit within their context")
        name = name or request.primitive
        request = self.queues.request(self._store, request, name)
        workload = expand(request)
        check(request, workload, queues=self.queues.names)
        self.queues.check(workload)
        store: FolderStore | MemoryStore = MemoryStore(request, workload)
        if self._store is not None:
            store = create_or_open(self._store, request, name, workload=workload)

        def work(control: JobControl) -> PrimitiveResult:
            with store if isinstance(store, FolderStore) else nullcontext():
                return work_inline(request, workload, store, self.queues, self._workers, control)

        job = Job(
            getattr(store, "job_id", None) or secrets.token_hex(8),
            work,
            reduce=partial(reduce_stored, request, workload, store),
        )
        self._jobs.add(job)
        return job

    def close(self) -> None:
        """End the jobs that run; with a store, queues keep what they have of them."""
        self._is_closed = True
        for job in [job for job in self._jobs if job.cancel(leave=True)]:
            with suppress(Exception):
                job.result()
