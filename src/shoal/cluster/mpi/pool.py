"""Rank 0's side of an MPI world: the other ranks as workers that jobs share."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...orchestrator.ports import (
    ShardCommitted,
    ShardFailed,
    Slot,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
)
from ...primitives.errors import ExecutionError
from ..pickles import dumps
from ..ray_messages import (
    CallReturned,
    CallWorker,
    CloseJob,
    Command,
    Happened,
    Heartbeat,
    Leave,
    OpenJob,
    RunBlock,
    RunShard,
)
from ..worker import JobNumber, JobSpec
from ..worker_pool import Told
from .mail import Left, Mail, ToldToEnd
from .world import MpiWorld

BEAT_SECONDS = 5.0
"""How often ranks are told that rank 0 lives, and jobs that their workers do."""

MIN_NAP_SECONDS, MAX_NAP_SECONDS = 5e-5, 2e-3
"""Between two looks for messages: waiting inside MPI would take a whole core."""

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


@dataclass(frozen=True, slots=True)
class _Awaited:
    """Words to our own thread: all ranks are to be told, and somebody waits for it."""

    message: RunBlock
    has_left: threading.Event


class MpiPool:
    """The ranks behind this one, as long as it is open."""

    def __init__(self, world: MpiWorld, workers: dict[int, WorkerJoined], own_slot: Slot) -> None:
        """Take over a world whose other ranks serve.

        Args:
            world: The world, of which this process is rank 0.
            workers: How the other ranks introduced themselves.
            own_slot: What this process may use, where it works along.
        """
        self.own_slot = own_slot
        self._world = world
        self._joined = workers
        self._rank_of: dict[WorkerId, int] = {
            joined.worker: rank for rank, joined in workers.items()
        }
        self._mail = Mail(world)
        self._lock = threading.RLock()
        self._commands: queue.SimpleQueue[Command | _Opened | _Awaited] = queue.SimpleQueue()
        self._tells: dict[JobNumber, Callable[[Told], None]] = {}
        self._out: dict[WorkerId, dict[tuple[JobNumber, int], None]] = {
            joined.worker: {} for joined in workers.values()
        }
        self._left: set[int] = set()
        self._number = 0
        self._holders = 1
        self._ended: ExecutionError | None = None
        self._told_to_end: tuple[float, str] | None = None
        self._is_broken = False
        self._thread = threading.Thread(target=self._post, name="shoal-mpi", daemon=True)
        self._thread.start()

    @property
    def num_workers(self) -> int:
        """Ranks that work."""
        return len(self._joined)

    @property
    def offers(self) -> Sequence[str]:
        """What jobs may need of the ranks."""
        return [offer for joined in self._joined.values() for offer in joined.slot.offers]

    @property
    def is_open(self) -> bool:
        """Whether jobs may be begun."""
        return self._ended is None

    def check_open(self) -> None:
        """Find out whether there are workers.

        Raises:
            ExecutionError: The pool is closed, or has failed.
        """
        if self._ended is not None:
            raise self._ended

    def open(self, spec: JobSpec, tell: Callable[[Told], None]) -> JobNumber:
        """Begin a job.

        Args:
            spec: What workers must know of it.
            tell: Called, by another thread, with what happens; first with the workers there are.

        Returns:
            The job's number.

        Raises:
            ExecutionError: The pool is closed, or has failed.
        """
        pickled = dumps(spec)
        with self._lock:
            self.check_open()
            self._number += 1
            self._tells[self._number] = tell
            for joined in self._joined.values():
                tell(joined)
            self._commands.put(_Opened(OpenJob(self._number, len(pickled)), pickled))
            return self._number

    def send(self, command: Command) -> None:
        """Have a command sent."""
        self._commands.put(command)

    def send_and_wait(self, message: RunBlock) -> None:
        """Have all ranks told something, and wait until that has left this one.

        Args:
            message: What.
        """
        has_left = threading.Event()
        self._commands.put(_Awaited(message, has_left))
        while not has_left.wait(BEAT_SECONDS):
            self.check_open()

    def close_job(self, job: JobNumber) -> None:
        """End a job: nothing more is told, what runs for it is not wanted any more."""
        with self._lock:
            self._tells.pop(job, None)
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
                *(sorted(set(self._joined) - self._left), LEAVE_SECONDS),
            )

    def _post(self) -> None:
        """Send and receive, until all ranks have left."""
        try:
            until = self._serve()
            while set(self._joined) - self._left and time.monotonic() < until:
                time.sleep(MIN_NAP_SECONDS if self._take_in() else MAX_NAP_SECONDS)
            self._is_broken = bool(set(self._joined) - self._left) or not self._mail.has_sent_all()
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
                    self._send_all(command)
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

    def _carry_out(self, command: Command | _Opened | _Awaited) -> None:
        match command:
            case _Opened(message, spec):
                for rank in self._joined:
                    self._mail.send_job(rank, message, spec)
            case RunShard(job, shard, worker):
                self._out[worker][job, shard.index] = None
                self._mail.send(self._rank_of[worker], command)
            case _Awaited(message, has_left):
                self._send_all(message)
                while not self._mail.has_sent_all():
                    time.sleep(MIN_NAP_SECONDS)
                has_left.set()
            case CallWorker(worker=worker):
                self._mail.send(self._rank_of[worker], command)
            case CloseJob(job):
                for worker, out in self._out.items():
                    self._out[worker] = {key: None for key in out if key[0] != job}
                self._send_all(command)

    def _take_in(self) -> bool:
        """Receive what has come; say whether anything has."""
        has_come = False
        for rank, message in self._mail.receive():
            has_come = True
            match message:
                case Happened(int() as job, ShardCommitted() | ShardFailed() as event):
                    self._out[self._joined[rank].worker].pop((job, event.shard), None)
                    self._tell(job, event)
                case CallReturned():
                    self._tell(message.job, message)
                case ToldToEnd(signal):
                    node = self._joined[rank].node
                    words = f"rank {rank} on {node} was told to end ({signal}), and so all do"
                    self._told_to_end = self._told_to_end or (time.monotonic(), words)
                case Left():
                    self._left.add(rank)
        return has_come

    def _beat(self) -> None:
        self._send_all(Heartbeat())
        for worker, out in self._out.items():
            # Aer holds the interpreter's lock while it computes, so a busy rank cannot say that it
            # lives. A dead one ends the whole world: whoever is there to hear this, lives.
            for job, shard in out:
                self._tell(job, WorkerAlive(worker, shard))

    def _send_all(self, message: Command | Heartbeat | RunBlock) -> None:
        for rank in self._joined:
            self._mail.send(rank, message)

    def _tell(self, job: JobNumber, told: Told) -> None:
        with self._lock:
            if job in self._tells:
                self._tells[job](told)

    def _fail(self, error: ExecutionError) -> None:
        with self._lock:
            self._ended = self._ended or error
            for tell in self._tells.values():
                tell(self._ended)
            self._tells.clear()
