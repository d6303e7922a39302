"""Rank 0's side of an MPI world: the other ranks as workers that jobs share."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...orchestrator.ports import (
    ShardCommitted,
    ShardFailed,
    Slot,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
)
from ...primitives.errors import ExecutionError
from ..engines.gang_layout import gangs_of
from ..job_pool import JobPool
from ..ray_messages import (
    CallReturned,
    CallWorker,
    CloseJob,
    Command,
    Happened,
    Heartbeat,
    Leave,
    OpenJob,
    RunShard,
)
from ..worker import JobNumber, JobSpec
from .gang import gang_of
from .mail import (
    MAX_NAP_SECONDS,
    MIN_NAP_SECONDS,
    FormGangs,
    GangFormed,
    Left,
    Mail,
    ToldToEnd,
    ToSend,
)
from .rank_work import Done, RankWork
from .world import MpiWorld

BEAT_SECONDS = 5.0
"""How often ranks are told that rank 0 lives, and jobs that their workers do."""

SIGNAL_SECONDS = 3.0
"""How long a rank's signal waits for our own, which would say more."""

LEAVE_SECONDS = 20.0
"""How long ranks may take for the block that they are at when all is over."""

logger = logging.getLogger("shoal")


@dataclass(frozen=True, slots=True)
class _Opened:
    """Words to our own thread: a job has begun."""

    message: OpenJob
    spec: bytes


class MpiPool(JobPool):
    """The ranks behind this one, as long as it is open."""

    def __init__(self, world: MpiWorld, ranks: dict[int, WorkerJoined]) -> None:
        """Take over a world whose other ranks serve.

        Args:
            world: The world, of which this process is rank 0.
            ranks: How all ranks introduced themselves.
        """
        super().__init__()
        self._world = world
        self._ranks = ranks
        self._others = [rank for rank in ranks if rank > 0]
        self._gang = 1
        self._workers = {rank: ranks[rank] for rank in self._others}
        """Those that are given shards: of gangs, the leaders."""
        self._rank_of: dict[WorkerId, int] = {joined.worker: rank for rank, joined in ranks.items()}
        self._mail = Mail(world)
        self._commands: queue.SimpleQueue[Command | _Opened | FormGangs | ToSend | Done] = (
            queue.SimpleQueue()
        )
        self._work: RankWork | None = None
        """Of this rank, where it works along."""
        self._out: dict[WorkerId, dict[tuple[JobNumber, int], None]] = {
            joined.worker: {} for joined in ranks.values()
        }
        self._not_formed: set[int] = set()
        self._has_formed = threading.Event()
        self._left: set[int] = set()
        self._holders = 1
        self._told_to_end: tuple[float, str] | None = None
        self._is_broken = False
        self._thread = threading.Thread(target=self._post, name="shoal-mpi", daemon=True)
        self._thread.start()

    @property
    def num_workers(self) -> int:
        """Ranks that work, but for this one."""
        return len(self._others)

    @property
    def slot(self) -> Slot:
        """What each worker may use, at the least."""
        slots = [self._ranks[rank].slot for rank in self._others]
        return min(slots, key=lambda slot: slot.memory_bytes or 0)

    @property
    def slots(self) -> Sequence[Slot]:
        """What the ranks may use."""
        return [joined.slot for joined in self._ranks.values()]

    def send(self, command: Command) -> None:
        """Have a command sent."""
        self._commands.put(command)

    def _present(self) -> Iterable[WorkerJoined]:
        return self._workers.values()

    def _begin(self, job: JobNumber, spec: bytes) -> None:
        self._commands.put(_Opened(OpenJob(job, len(spec)), spec))

    def _make_ready(self, spec: JobSpec) -> None:
        """Have the ranks find together, unless they have, and wait until all have."""
        ranks = gang_of(spec.request, self.slot)
        with self._lock:
            self.check_open()
            if ranks in (1, self._gang):
                return
            if self._tells:
                raise ExecutionError(
                    f"the ranks share states in gangs of {self._gang} for a job that runs, and "
                    f"this one wants gangs of {ranks}: run it afterwards, or say one size for both"
                )
            self._not_formed, self._gang = set(self._ranks), ranks
            self._has_formed.clear()
            self._commands.put(FormGangs(ranks))
        while not self._has_formed.wait(BEAT_SECONDS):
            self.check_open()

    def close_job(self, job: JobNumber) -> None:
        """End a job: nothing more is told, what runs for it is not wanted any more."""
        self._forget(job)
        self.send(CloseJob(job))

    def hold(self) -> None:
        """Have the pool for oneself as well: it is closed when all who have it have closed it."""
        with self._lock:
            self._holders += 1

    def close(self, code: int = 0) -> None:
        """Let every rank go, and leave the world, unless somebody else has the pool as well.

        Args:
            code: The exit code, should a rank not leave in time: it is ended with this process.
        """
        with self._lock:
            self._holders -= 1
            if self._holders > 0:
                return
        self._fail(ExecutionError("the cluster is closed"))
        self.send(Leave())
        self._thread.join()
        if not self._is_broken:
            self._world.leave()
        elif not self._world.is_left_behind:
            self._world.is_left_behind, self._world.end_code = True, code
            logger.warning(
                "ranks %s did not leave within %.0f s, and are ended with this process",
                *(sorted(set(self._others) - self._left), LEAVE_SECONDS),
            )

    def _post(self) -> None:
        """Send and receive, until all ranks have left."""
        try:
            until = self._serve()
            self._end_work(until)
            while set(self._others) - self._left and time.monotonic() < until:
                time.sleep(MIN_NAP_SECONDS if self._take_in() else MAX_NAP_SECONDS)
            self._is_broken = bool(set(self._others) - self._left) or not self._mail.has_sent_all()
        except Exception as error:  # jobs must not wait for a thread that is gone
            self._is_broken = True
            words = f"{type(error).__name__}: {error}"
            self._fail(ExecutionError(f"the connection between the MPI ranks broke: {words}"))

    def _serve(self) -> float:
        """Do what is asked until that is to leave; return until when the ranks may do so."""
        nap, beat = MIN_NAP_SECONDS, 0.0
        while True:
            try:
                command = self._commands.get(timeout=nap)
                if isinstance(command, Leave):
                    self._send_to(self._workers, command)
                    return time.monotonic() + LEAVE_SECONDS
                self._carry_out(command)
                nap = MIN_NAP_SECONDS
            except queue.Empty:
                nap = MIN_NAP_SECONDS if self._take_in() else min(2 * nap, MAX_NAP_SECONDS)
                self._mail.has_sent_all()
            if time.monotonic() > beat:
                beat = time.monotonic() + BEAT_SECONDS
                self._beat()
            if self._told_to_end and time.monotonic() - self._told_to_end[0] > SIGNAL_SECONDS:
                self._fail(ExecutionError(self._told_to_end[1]))

    def _carry_out(self, command: Command | _Opened | FormGangs | ToSend | Done) -> None:
        match command:
            case _Opened(message, spec):
                for rank in self._workers:
                    if rank == 0:
                        self._own_work().take((message, spec))
                    else:
                        self._mail.send_job(rank, message, spec)
            case RunShard(job, shard, worker):
                self._out[worker][job, shard.index] = None
                self._send_to([self._rank_of[worker]], command)
            case CallWorker(worker=worker):
                self._send_to([self._rank_of[worker]], command)
            case CloseJob(job):
                for worker, out in self._out.items():
                    self._out[worker] = {key: None for key in out if key[0] != job}
                self._send_to(self._workers, command)
            case FormGangs(ranks):
                # To those that lead so far, who tell the others, and to all that nobody leads.
                self._send_to({0, *self._workers}, command)
                leaders = [gang[0] for gang in gangs_of(self._world.size, ranks) or []]
                self._workers = {rank: self._ranks[rank] for rank in leaders}
            case ToSend() | Done():
                self._pass_on(command)

    def _pass_on(self, posted: ToSend | Done) -> None:
        """Do for this rank's own work what it needs the mail for."""
        if isinstance(posted, ToSend):
            self._mail.send_all(posted)
        else:
            self._own_work().note_done()
            self._note(0, posted.answer)

    def _send_to(self, ranks: Iterable[int], message: Command | FormGangs) -> None:
        for rank in ranks:
            if rank == 0:
                self._own_work().take(message)
            else:
                self._mail.send(rank, message)

    def _own_work(self) -> RankWork:
        """Return what this rank does beside driving; it begins with the first gangs."""
        if self._work is None:
            own = self._ranks[0]
            self._work = RankWork(self._world, own.worker, own.slot, self._commands.put)
        return self._work

    def _end_work(self, until: float) -> None:
        """Wait for what this rank runs, and let go of those that it leads."""
        if self._work is None:
            return
        while self._work.is_busy and time.monotonic() < until:
            self._take_in()
            with suppress(queue.Empty):
                posted = self._commands.get(timeout=MAX_NAP_SECONDS)
                if isinstance(posted, ToSend | Done):
                    self._pass_on(posted)
        for rank in self._work.followers:
            self._mail.send(rank, Leave())

    def _take_in(self) -> bool:
        """Receive what has come; say whether anything has."""
        has_come = False
        for rank, message in self._mail.receive():
            has_come = True
            self._note(rank, message)
        return has_come

    def _note(self, rank: int, message: Any) -> None:
        """Take in what a rank says."""
        match message:
            case Happened(int() as job, ShardCommitted() | ShardFailed() as event):
                self._out[self._ranks[rank].worker].pop((job, event.shard), None)
                self._tell(job, event)
            case CallReturned():
                self._tell(message.job, message)
            case GangFormed():
                self._not_formed.discard(rank)
                if not self._not_formed:
                    self._has_formed.set()
            case ToldToEnd(signal):
                node = self._ranks[rank].node
                words = f"rank {rank} on {node} was told to end ({signal}), and so all do"
                self._told_to_end = self._told_to_end or (time.monotonic(), words)
            case Left():
                self._left.add(rank)

    def _beat(self) -> None:
        for rank in self._others:
            self._mail.send(rank, Heartbeat())
        for worker, out in self._out.items():
            # Aer holds the interpreter's lock while it computes, so a busy rank cannot say that it
            # lives. A dead one ends the whole world: whoever is there to hear this, lives.
            for job, shard in out:
                self._tell(job, WorkerAlive(worker, shard))
