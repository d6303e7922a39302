"""Workers as Ray actors: started where there is room, fed, watched, replaced when lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ray as typed_ray
from numpy.typing import NDArray
from ray.exceptions import ActorUnavailableError, RayActorError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ..orchestrator.ports import (
    ExecutorEvent,
    Shard,
    ShardFailed,
    ShardLost,
    Slot,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)
from ..orchestrator.shard_run import in_one_line
from .clocks import WORTH_A_WORD_SECONDS, ClockSkew
from .fleet import Node, NodeId, Place, described, living_nodes, without_room, workers_to_start
from .ray_messages import (
    AddKind,
    CallReturned,
    CallWorker,
    CloseJob,
    Command,
    Failed,
    Happened,
    Homeless,
    Noticed,
    Report,
    RunShard,
    Settings,
)
from .ray_worker import CONTROL, RayWorker
from .worker import JobNumber
from .worker_kind import WorkerKind

ray: Any = typed_ray  # its annotations know neither all functions nor all options

PING_SECONDS, PINGS_A_SECOND = 5.0, 200.0
"""How often a busy worker is asked what it is at; where there are very many, less often."""

MAX_FAILED_STARTS = 5
"""Workers that could not start, one after the other, before no further one is tried."""

ADDED_SECONDS = 60.0
"""How long to wait, at the most, for a node with room for workers that were asked for later."""

LIST_SECONDS = 0.1
"""For how long a list of nodes is good: with a node go all its workers, one after the other."""

Post = Callable[[Callable[[], None]], None]
"""Has something done by the thread that owns the workers."""


@dataclass(slots=True)
class _Actor:
    """One worker, seen from here."""

    worker: WorkerId
    handle: Any
    place: Place
    hostname: str = ""
    pid: int = 0
    slot: Slot | None = None
    """``None`` until the worker has introduced itself."""
    jobs: set[JobNumber] = field(default_factory=set)
    shards: dict[tuple[JobNumber, int], None] = field(default_factory=dict)
    """What it was sent and has not answered, oldest first."""
    is_doubtful: bool = False
    is_asked: bool = False


class RayWorkers:
    """All workers of a driver. Only one thread calls it; what Ray answers is posted to that one."""

    def __init__(self, settings: Settings, post: Post, report: Callable[[Report], None]) -> None:
        """Start without workers; `refresh` starts them.

        Args:
            settings: How many, and what each may use.
            post: Has something done by the thread that owns the workers.
            report: Tells the process that wants the work done.
        """
        self._settings = settings
        self._post = post
        self._report = report
        self._actor_class = ray.remote(
            max_restarts=0,  # what is started again, and what is run again, is decided by us
            max_task_retries=0,
            concurrency_groups=CONTROL,  # so that the busy can be asked what they are at
        )(RayWorker)
        self._actors: dict[WorkerId, _Actor] = {}
        self._specs: dict[JobNumber, Any] = {}
        self._number = 0
        self._failed_starts = 0
        self._start_not_before = self._ping_not_before = self._listed_until = 0.0
        self._listed: Sequence[Node] = ()
        self._noticed: set[str] = set()
        self._refused: set[NodeId] = set()
        self._added: list[WorkerKind] = []
        self._room_until = 0.0

    def refresh(self, now: float) -> None:
        """Start workers where there is room for them; say which of the added ones have none.

        Args:
            now: The time.
        """
        if self._added:
            self._look_for_room(now)
        if now < self._start_not_before:
            return
        there = Counter(actor.place for actor in self._actors.values())
        for place in workers_to_start(self._nodes(now), there, self._settings.kinds):
            self._start(place)

    def missing_room(self) -> str | None:
        """Say which workers no node could have, were it empty: Ray would wait for one for ever.

        Nodes are asked for where they come when asked for.
        """
        if self._settings.attachment.autoscale:
            self._ask_for_nodes()
        nodes = living_nodes(ray.nodes())
        homeless = without_room(nodes, self._settings.kinds)
        if not homeless:
            return None
        return _no_room(homeless[0], nodes, self._settings.attachment.start_seconds)

    def _patience(self) -> float:
        """Return how long an added kind's node may still come; where all are there, none does."""
        allocation = self._settings.allocation
        if allocation is not None and len(living_nodes(ray.nodes())) >= len(allocation.nodes):
            return 0.0
        return min(self._settings.room_seconds, ADDED_SECONDS)

    def _look_for_room(self, now: float) -> None:
        """Tell of added workers that no node has had room for until now."""
        nodes = self._nodes(now)
        homeless = without_room(nodes, self._added)
        if not homeless or now >= self._room_until:
            for kind in homeless:
                self._report(Homeless(kind, _no_room(kind, nodes)))
            self._added = []

    def _ask_for_nodes(self) -> None:
        """Tell Ray's autoscaler how many workers are to have room."""
        from ray.autoscaler.sdk import request_resources

        wanted = [kind for kind in self._settings.kinds for _ in range(kind.workers or 0)]
        request_resources(
            bundles=[dict(kind.bundle) for kind in wanted],
            bundle_label_selectors=[dict(kind.labels) for kind in wanted],
        )

    def open(self, job: JobNumber, spec: NDArray[np.uint8]) -> None:
        """Learn of a job; a worker learns of it with its first shard.

        Args:
            job: Its number.
            spec: A pickled `JobSpec`.
        """
        self._specs[job] = ray.put(spec)

    def take(self, command: Command) -> None:
        """Do what is asked.

        Args:
            command: What.
        """
        match command:
            case RunShard(job, shard, worker):
                if (known := self._actors.get(worker)) and job in self._specs:
                    known.shards[job, shard.index] = None
                    self._run(known, job, shard)
            case CallWorker(job, call, worker, task):
                if (known := self._actors.get(worker)) and job in self._specs:
                    arguments = np.frombuffer(task, dtype=np.uint8)
                    answer = self._open(known, job).call.remote(job, arguments)
                    self._when_done(answer, partial(self._called, known, job, call))
            case AddKind(kind):
                if kind not in self._settings.kinds:
                    self._settings = replace(self._settings, kinds=(*self._settings.kinds, kind))
                self._added.append(kind)
                self._room_until = time.monotonic() + self._patience()
                self.refresh(time.monotonic())
            case CloseJob(job):
                self._close(job)

    def ping(self, now: float) -> None:
        """Ask workers that have something to do what they are at.

        Args:
            now: The time.
        """
        if now < self._ping_not_before:
            return
        self._ping_not_before = now + max(PING_SECONDS, len(self._actors) / PINGS_A_SECOND)
        for actor in self._actors.values():
            if actor.is_asked:
                # Aer holds the interpreter's lock while it computes: nothing is answered then.
                if self._settings.is_on_this_machine and Path(f"/proc/{actor.pid}").exists():
                    self._tell_of_life(actor, is_busy=True)
            elif actor.shards or actor.is_doubtful:
                actor.is_asked = True
                ask = actor.handle.busy_with
                self._when_done(ask.remote(), partial(self._answered, actor))

    def _nodes(self, now: float) -> Sequence[Node]:
        """Return the nodes that live; when very many workers are lost at once, ask only once."""
        if now >= self._listed_until:
            alive = living_nodes(ray.nodes())
            self._listed = [node for node in alive if node.node not in self._refused]
            self._listed_until = time.monotonic() + LIST_SECONDS
        return self._listed

    def _start(self, place: Place) -> None:
        settings, (node, kind) = self._settings, place
        worker = f"w{settings.generation}.{self._number}"
        self._number += 1
        here = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        needs = settings.kinds[kind]
        handle = self._actor_class.options(
            num_cpus=needs.threads if needs.takes_cores else 0,
            num_gpus=needs.gpus,
            memory=needs.reserved_bytes,
            resources=dict(needs.resources),
            scheduling_strategy=here,
        ).remote(worker, needs.slot, settings.search_path)
        actor = self._actors[worker] = _Actor(worker, handle, place)
        self._when_done(handle.introduce.remote(), partial(self._introduced, actor))

    def _introduced(self, actor: _Actor, future: Future[tuple[str, int, Slot]]) -> None:
        if (error := future.exception()) is not None:
            self._lose(actor, error)
            return
        actor.hostname, actor.pid, slot = future.result()
        asked = actor.handle.clock.remote()
        self._when_done(asked, partial(self._compared, actor, slot, time.time()))

    def _compared(self, actor: _Actor, slot: Slot, asked: float, future: Future[float]) -> None:
        """Let a worker join whose clock goes as ours does."""
        if (error := future.exception()) is not None:
            self._lose(actor, error)
            return
        skew = ClockSkew.measured(asked=asked, said=future.result(), heard=time.time())
        limit = self._settings.attachment.max_skew_seconds
        words = f"the clock of node {actor.hostname} is {skew}"
        if skew.is_beyond(limit):
            self._refuse(actor, f"{words}, and {limit:g} s are allowed: set the clocks by NTP")
            return
        if skew.is_beyond(WORTH_A_WORD_SECONDS) and actor.hostname not in self._noticed:
            self._noticed.add(actor.hostname)
            self._report(Noticed(f"{words}; times in the store are of either"))
        self._failed_starts = 0
        actor.slot = slot
        self._tell(None, WorkerJoined(actor.worker, actor.hostname, slot))

    def _refuse(self, actor: _Actor, words: str) -> None:
        """Use a node no more; where there is no other, there will be no workers."""
        node = actor.place[0]
        if node not in self._refused:
            self._refused.add(node)
            self._report(Noticed(f"{words}; it gets no work"))
        self._actors.pop(actor.worker, None)
        with suppress(RayError):
            ray.kill(actor.handle)
        usable = [found for found in self._nodes(time.monotonic()) if found.node != node]
        if without_room(usable, self._settings.kinds) and not self._num_ready():
            self._report(Failed(words, is_final=True))

    def _open(self, actor: _Actor, job: JobNumber) -> Any:
        if job not in actor.jobs:
            actor.jobs.add(job)
            actor.handle.open.remote(job, self._specs[job])
        return actor.handle

    def _run(self, actor: _Actor, job: JobNumber, shard: Shard) -> None:
        answer = self._open(actor, job).run.remote(job, shard)
        self._when_done(answer, partial(self._ran, actor, job, shard))

    def _close(self, job: JobNumber) -> None:
        self._specs.pop(job, None)
        for actor in self._actors.values():
            if job in actor.jobs:
                actor.jobs.remove(job)
                actor.shards = {key: None for key in actor.shards if key[0] != job}
                actor.handle.close.remote(job)

    def _ran(
        self, actor: _Actor, job: JobNumber, shard: Shard, future: Future[ExecutorEvent | None]
    ) -> None:
        key = job, shard.index
        match future.exception():
            case None:
                actor.is_doubtful = False
                event = future.result()
            case RayTaskError() as error:
                event = ShardFailed(shard.index, actor.worker, _words(error), is_engine_error=False)
            case RayActorError() as error if not isinstance(error, ActorUnavailableError):
                self._lose(actor, error)
                return
            case error:
                actor.is_doubtful = True
                event = ShardLost(shard.index, actor.worker, _words(error))
        if key not in actor.shards or actor.worker not in self._actors:
            return
        if event is None:
            # The worker has never heard of the job: what should have told it was lost on the way.
            actor.jobs.discard(job)
            self._run(actor, job, shard)
            return
        del actor.shards[key]
        self._tell(job, event)

    def _called(self, actor: _Actor, job: JobNumber, call: int, future: Future[Any]) -> None:
        error = future.exception()
        if error is None:
            self._report(CallReturned(job, call, actor.worker, future.result(), None))
            return
        self._report(CallReturned(job, call, actor.worker, None, _words(error)))
        if isinstance(error, RayActorError) and not isinstance(error, ActorUnavailableError):
            self._lose(actor, error)

    def _answered(self, actor: _Actor, future: Future[tuple[JobNumber, int] | None]) -> None:
        actor.is_asked = False
        error = future.exception()
        if isinstance(error, RayActorError) and not isinstance(error, ActorUnavailableError):
            self._lose(actor, error)
        if error is not None or actor.worker not in self._actors:
            return
        actor.is_doubtful = False
        self._tell_of_life(actor, is_busy=future.result() is not None)

    def _tell_of_life(self, actor: _Actor, *, is_busy: bool) -> None:
        first: dict[JobNumber, int] = {}
        for job, shard in actor.shards:
            first.setdefault(job, shard)
        # Whatever it is at, it comes to the others: it runs everything in the order of arrival.
        for job, shard in first.items():
            self._tell(job, WorkerAlive(actor.worker, shard if is_busy else None))
        if not first:
            self._tell(None, WorkerAlive(actor.worker, None))

    def _lose(self, actor: _Actor, error: BaseException) -> None:
        if self._actors.pop(actor.worker, None) is None:
            return
        with suppress(RayError):
            ray.kill(actor.handle)
        cause, is_node_lost = self._cause(actor, error)
        if actor.slot is not None:
            self._tell(None, WorkerLost(actor.worker, cause, is_node_lost))
        elif not is_node_lost:
            self._failed_starts += 1
            self._start_not_before = time.monotonic() + 2.0**self._failed_starts
            if self._failed_starts >= MAX_FAILED_STARTS and not self._num_ready():
                words = f"no worker could start in {self._failed_starts} attempts: {cause}"
                self._report(Failed(words, is_final=True))
        self.refresh(time.monotonic())

    def _num_ready(self) -> int:
        return sum(actor.slot is not None for actor in self._actors.values())

    def _cause(self, actor: _Actor, error: BaseException) -> tuple[str, bool]:
        """Say in one line why a worker is gone, and whether its node is gone too."""
        alive = {node.node for node in self._nodes(time.monotonic())}
        node = actor.place[0]
        if node not in alive or getattr(error, "preempted", False):
            return f"its node {actor.hostname or node} is gone", True
        words = _words(error)
        if actor.slot is None:
            return words, False
        if "low on memory" in words:
            return "its process was ended because the node ran low on memory", False
        # Ray's own words name every cause that there is, and hide that it does not know.
        return "its process was killed, ran out of memory, or crashed inside the engine", False

    def _tell(self, job: JobNumber | None, event: ExecutorEvent) -> None:
        self._report(Happened(job, event))

    def _when_done(self, answer: Any, then: Callable[[Future[Any]], None]) -> None:
        answer.future().add_done_callback(lambda future: self._post(partial(then, future)))


def _no_room(kind: WorkerKind, nodes: Sequence[Node], waited: float = 0.0) -> str:
    later = f", not within {waited:g} s either" if waited else ""
    return f"no node has room for a worker of {kind}{later}; found {described(nodes)}"


def num_living_nodes() -> int:
    """Count the nodes that Ray has now."""
    return sum(node["Alive"] for node in ray.nodes())


def _words(error: BaseException) -> str:
    """Say in one line what happened; of an exception in a worker, what that one said."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, Exception):
        return in_one_line(cause)
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
