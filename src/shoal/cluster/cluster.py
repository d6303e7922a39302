"""A cluster as users see it: it runs requests, as a context manager or without."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, Self

from qiskit.providers import BackendV2

from ..orchestrator.job_folders import create_or_open
from ..orchestrator.memory import MemoryStore
from ..orchestrator.needs import BlockNeeds
from ..orchestrator.policies import Policy
from ..orchestrator.ports import Committer, Executor, Slot
from ..orchestrator.walltime import Walltime
from ..primitives.expansion import expand
from ..primitives.job import Job
from ..primitives.request import Request
from ..primitives.workload import Workload
from .allocation import BringUp
from .attachment import Attachment
from .engines.choice import check, make_engine
from .job_work import JobStore, do_job, reduce_stored
from .needs import named_need, needs_of
from .node_folder import NodeFolder
from .node_labels import NodeLabels
from .opened_runner import OpenedRunner
from .queues.node_queue import opened_on
from .queues.served import QueueSet
from .ray_executor import RayExecutor
from .ray_pool import RayPool
from .ray_settings import allocation_settings, attached_settings, local_settings
from .slurm.environment import allocation_of
from .slurm.job_clock import walltime_of_this_job
from .slurm.witness import witness_in
from .worker import JobSpec, MakeEngine
from .worker_kind import WorkerKind
from .worker_pool import WorkerPool

CANCEL_SECONDS, END_SECONDS = 1.0, 10.0
"""How long a cancelled job may take to notice, and to give up its folder."""

Place = str | PathLike[str]


class Cluster(OpenedRunner):
    """Workers on this machine or on many: a runner, to be said as ``mode`` to a primitive.

    Jobs may be submitted from several threads, and run at once. Leaving the context, or the end of
    the process, ends every process that was started.

    >>> with Cluster.local(workers=2, store="sweeps") as cluster:  # doctest: +SKIP
    ...     result = Estimator(mode=cluster).run([(circuit, observable, values)]).result()
    """

    def __init__(
        self,
        pool: WorkerPool,
        store: Place | None = None,
        *,
        is_shared: bool | None = True,
        policy: Policy | None = None,
        make_engine: MakeEngine = make_engine,
        walltime: Walltime | None = None,
        slot: Slot | None = None,
        at_end: Callable[[], object] | None = None,
    ) -> None:
        """Take over a pool of workers; `local` and `connect` make one.

        Args:
            pool: The workers; closed with the cluster.
            store: The folder in which jobs are kept; ``None``: results in memory only.
            is_shared: Whether workers see the store's folder; ``None``: each finds out.
            policy: The numbers that shards and retries go by.
            make_engine: How workers make their engines.
            walltime: How long there are workers; ``None``: as long as the cluster is open.
            slot: What each worker may use, where that is known beforehand.
            at_end: Called when the cluster is closed.
        """
        self._slot = slot
        self._at_end = at_end
        self.walltime = walltime
        """How long there are workers, for jobs that are submitted from now on."""
        self._pool = pool
        self._store = None if store is None else Path(store).absolute()
        self._is_shared = is_shared
        self._policy = policy or Policy()
        self._make_engine = make_engine
        self.queues = QueueSet()
        self._jobs: weakref.WeakSet[Job] = weakref.WeakSet()
        self._closing = threading.Lock()
        self._process = os.getpid()
        self._is_closed = False
        _open_clusters.add(self)

    @classmethod
    def local(
        cls,
        workers: int | None = None,
        *,
        store: Place | None = None,
        threads: int | None = None,
        gpus: int = 0,
        node_labels: Mapping[str, Mapping[str, str]] | None = None,
        policy: Policy | None = None,
        make_engine: MakeEngine = make_engine,
    ) -> Self:
        """Start a Ray of our own on this machine, that nobody else can use.

        Args:
            workers: How many processes run blocks; ``None``: one a core, or one a GPU.
            store: The folder in which jobs are kept; ``None``: results in memory only.
            threads: Cores of each worker; ``None``: the cores are divided among the workers.
            gpus: GPUs of this machine to use, one a worker.
            node_labels: Labels of Ray's node here, by host names; ``shoal.io/host`` is there.
            policy: The numbers that shards and retries go by.
            make_engine: How workers make their engines.

        Raises:
            ValueError: A number that makes no sense.
            ExecutionError: Ray could not be started; nothing is left running.
        """
        folder = NodeFolder.make()
        try:
            labels = NodeLabels(node_labels or {})
            settings = local_settings(
                folder.path, workers=workers, threads=threads, gpus=gpus, labels=labels
            )
        except ValueError:
            folder.remove()
            raise
        return cls(
            RayPool(settings, folder),
            store,
            policy=policy,
            make_engine=make_engine,
            slot=settings.kinds[0].slot,
        )

    @classmethod
    def connect(
        cls,
        address: str = "auto",
        *,
        store: Place | None = None,
        workers: int | None = None,
        threads: int = 1,
        gpus: float = 0,
        labels: Mapping[str, str] | None = None,
        resources: Mapping[str, float] | None = None,
        kinds: Sequence[WorkerKind] | None = None,
        attachment: Attachment | None = None,
        is_shared: bool | None = None,
        policy: Policy | None = None,
        make_engine: MakeEngine = make_engine,
    ) -> Self:
        """Use a Ray that is there; its nodes need this package, and join and leave as they like.

        Its token is found as Ray itself finds it: ``RAY_AUTH_TOKEN_PATH`` or ``~/.ray/auth_token``.
        One without authentication needs ``RAY_AUTH_MODE=disabled``.

        Args:
            address: ``HOST:PORT`` of its GCS, ``ray://HOST:PORT`` of its server for Ray Client
                (from a machine that is no node of it), ``auto``: the Ray on this machine.
            store: The folder in which jobs are kept; ``None``: results in memory only.
            workers: How many in all; ``None``: as many as the nodes have room for, now and later.
            threads: Cores of each worker.
            gpus: GPUs of each worker: one, none, or a part of one.
            labels: Ray's labels that a worker's node must have.
            resources: Ray's custom resources that each worker takes.
            kinds: Workers of several kinds, in place of the five above: each job goes to those
                that offer what it needs.
            attachment: The token's file, a runtime environment, autoscaling, clocks.
            is_shared: Whether all nodes see the store's folder; if not, segments come through Ray.
                ``None``: each worker finds out.
            policy: The numbers that shards and retries go by.
            make_engine: How workers make their engines.

        Raises:
            ValueError: A number that makes no sense.
            ExecutionError: No Ray could be reached there.
        """
        folder = NodeFolder.make()
        try:
            kinds = kinds or [
                WorkerKind(
                    workers=workers,
                    threads=threads,
                    gpus=gpus,
                    labels=labels or {},
                    resources=resources or {},
                )
            ]
            settings = attached_settings(folder.path, address, kinds, attachment)
        except ValueError:
            folder.remove()
            raise
        return cls(
            RayPool(settings, folder),
            store,
            is_shared=is_shared,
            policy=policy,
            make_engine=make_engine,
        )

    @classmethod
    def mpi(
        cls,
        *,
        store: Place | None = None,
        gpus: int = 0,
        gang: int | None = None,
        is_shared: bool | None = None,
        policy: Policy | None = None,
        make_engine: MakeEngine = make_engine,
    ) -> Self:
        """Use the MPI world that this process was started in: ``mpirun -n N python script.py``.

        Every rank calls it. On rank 0 it returns a cluster of the other ranks. On those it does not
        return: they work until rank 0 closes its cluster, and then their processes end.

        Args:
            store: The folder in which jobs are kept; ``None``: results in memory only.
            gpus: GPUs of each worker: 0 or 1.
            gang: Ranks that share one state, for engine ``aer_mpi``: 2, 4, 8 ...; ``None``: as few
                as have the memory for it.
            is_shared: Whether all nodes see the store's folder; if not, segments come through MPI.
                ``None``: each rank finds out.
            policy: The numbers that shards and retries go by.
            make_engine: How workers make their engines.

        Raises:
            ValueError: So many ranks cannot share a state.
            ExecutionError: There is no MPI library, or the world is not as its launcher says.
            SystemExit: This is not rank 0, and all is done.
        """
        from .mpi.open import mpi_pool

        pool = mpi_pool(gpus=gpus, gang=gang)
        return cls(
            pool,
            store,
            is_shared=is_shared,
            policy=policy,
            make_engine=make_engine,
            slot=pool.slot,
        )

    @classmethod
    def from_slurm(
        cls,
        *,
        store: Place | None = None,
        workers: int | None = None,
        threads: int = 1,
        gpus: float = 0,
        kinds: Sequence[WorkerKind] | None = None,
        is_shared: bool | None = True,
        node_labels: Mapping[str, Mapping[str, str]] | None = None,
        bring_up: BringUp | None = None,
        policy: Policy | None = None,
        make_engine: MakeEngine = make_engine,
    ) -> Self:
        """Start a Ray of our own on all nodes of the Slurm job that this process belongs to.

        Nobody else can use it. Nodes that come late are used, those that are lost are given up and
        used again when they are back.

        Args:
            store: The folder in which jobs are kept; ``None``: results in memory only.
            workers: How many in all; ``None``: as many as the nodes have room for.
            threads: Cores of each worker.
            gpus: GPUs of each worker: one, none, or a part of one.
            kinds: Workers of several kinds, in place of the three above.
            is_shared: Whether all nodes see the store's folder: one that does not is refused.
                ``None``: each worker finds out, and segments of others come through Ray.
            node_labels: Labels of Ray's nodes, by their names in Slurm (``n7``, ``n[1-4]``,
                ``gpu*``); ``shoal.io/host``, ``shoal.io/partition`` and, in a heterogeneous job,
                ``shoal.io/component`` are there.
            bring_up: The interface, ports and limits of the start, where the defaults do not fit.
            policy: The numbers that shards and retries go by.
            make_engine: How workers make their engines.

        Raises:
            ValueError: A number that makes no sense.
            ExecutionError: This process is in no Slurm job, or Ray could not be started; nothing is
                left running.
        """
        opened = ExitStack()
        with ExitStack() as undo:
            undo.callback(opened.close)
            allocation = allocation_of(os.environ, bring_up or BringUp())
            seen = None if store is None or not is_shared else Path(store)
            witness = opened.enter_context(witness_in(seen))
            labels = NodeLabels(node_labels or {})
            allocation = replace(allocation, witness=witness, labels=labels)
            walltime = opened.enter_context(walltime_of_this_job())
            kinds = kinds or [WorkerKind(workers=workers, threads=threads, gpus=gpus)]
            folder = NodeFolder.make()
            pool = RayPool(allocation_settings(folder.path, allocation, kinds), folder)
            undo.pop_all()
        return cls(
            pool,
            store,
            is_shared=is_shared,
            policy=policy,
            make_engine=make_engine,
            walltime=walltime,
            at_end=opened.close,
        )

    def with_queues(self, queues: Mapping[str, Any]) -> Self:
        """Serve queues beside the workers: pubs whose engine has a queue's name go there.

        Args:
            queues: Each a backend, a sampler of Qiskit's V2 interface, a `NodeQueue` that one of
                the nodes speaks with, or a pair of one and
                `shoal.cluster.queues.settings.QueueSettings`.

        Returns:
            The cluster.

        Raises:
            TypeError: A queue is none of these.
            RequestError: A name is an engine's; there is no such node, or it cannot reach the
                vendor.
        """
        self.queues = QueueSet(opened_on(self._pool, queues))
        return self

    @property
    def queue_names(self) -> tuple[str, ...]:
        """Of the queues that it serves."""
        return self.queues.names

    def queue_device(self, name: str) -> BackendV2:
        """Return what a queue's circuits are translated for."""
        return self.queues.device(name)

    def submit(self, request: Request, *, name: str | None = None, needs: str | None = None) -> Job:
        """Start a request, or the rest of it where the store has a part already.

        Args:
            request: What is asked.
            name: Of a new job in the store; ``None``: the primitive's.
            needs: What workers must offer; ``None``: what each block needs by itself, such as a
                GPU where the request says so.

        Raises:
            UnsupportedError: No engine can serve it, or no worker; nothing was started.
            StoreError: The store cannot be used, or another process drives the same job.
            ExecutionError: The cluster is closed.
        """
        self._pool.check_open()
        name = name or request.primitive
        request = self.queues.request(self._store, request, name)
        workload = expand(request)
        check(request, workload, self._slot, queues=self.queues.names)
        self.queues.check(workload)
        needed = self._needs(request, workload, needs)
        store = self._open_store(request, workload, name)
        work = partial(
            do_job,
            request,
            workload,
            store,
            open_executor=partial(RayExecutor, self._pool),
            make_engine=self._make_engine,
            policy=self._policy,
            walltime=self.walltime,
            queues=self.queues,
            needs=needed,
        )
        job = Job(
            getattr(store, "job_id", None) or secrets.token_hex(8),
            work,
            reduce=partial(reduce_stored, request, workload, store),
        )
        self._jobs.add(job)
        return job

    def _needs(self, request: Request, workload: Workload, offer: str | None) -> BlockNeeds:
        if offer is not None:
            return named_need(offer, self._pool.slots)
        is_known = self._slot is not None and self._slot.memory_bytes is not None
        names = self.queues.names
        return needs_of(request, workload, self._pool.slots, queues=names, is_memory_known=is_known)

    def executor(self, request: Request, committer: Committer) -> Executor:
        """Use the workers for a job whose store is not this cluster's.

        Args:
            request: What is asked.
            committer: Makes outcomes durable where the workers are.

        Returns:
            An executor, to be closed when the job is done.

        Raises:
            ExecutionError: The cluster is closed.
        """
        return RayExecutor(self._pool, JobSpec(request, committer, self._make_engine))

    def close(self) -> None:
        """Cancel the jobs that run, and end every process that was started."""
        if os.getpid() != self._process:
            return  # a forked child's exit is no reason to end what its parent uses
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            running = [job for job in self._jobs if job.cancel(leave=True)]
            # First they stop by themselves; what still waits for workers is then told that none
            # come. A job's folder is given up by its thread, so that another cluster can have it.
            _wait_for(running, CANCEL_SECONDS)
            self._pool.close()
            if self._at_end is not None:
                self._at_end()
            _wait_for(running, END_SECONDS)

    def _open_store(self, request: Request, workload: Workload, name: str) -> JobStore:
        if self._store is None:
            return MemoryStore(request, workload)
        return create_or_open(
            self._store, request, name, workload=workload, is_shared=self._is_shared
        )

    def __reduce__(self) -> NoReturn:
        """Refuse: a cluster is processes.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            "a Cluster is processes, and cannot be pickled: pickle the primitive without its mode"
        )


def _wait_for(jobs: Iterable[Job], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for job in jobs:
        with suppress(Exception):
            job.result(max(0.0, deadline - time.monotonic()))


_open_clusters: weakref.WeakSet[Cluster] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Close what was used without a context, while threads can still be joined."""
    for cluster in list(_open_clusters):
        cluster.close()
