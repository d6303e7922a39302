"""What one rank runs, a thing at a time, in a thread of its own: shards, and parts of blocks.

Ranks that share states are a gang. Its first rank leads: shards come to it alone, and it tells the
others of each block that it is about to run. They hear nothing but what their leader hands on to
them, in its order; so none waits inside Aer for one that has been told otherwise.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...orchestrator.ports import Slot, WorkerId
from ...orchestrator.shard_run import in_one_line
from ..engines.gang_layout import own_gang
from ..ray_messages import (
    CallReturned,
    CallWorker,
    CloseJob,
    Happened,
    Leave,
    OpenJob,
    RunBlock,
    RunShard,
)
from ..worker import JobNumber, Worker
from .mail import FormGangs, GangFormed, ToSend
from .world import MpiWorld


@dataclass(frozen=True, slots=True)
class Done:
    """Words to the thread that has the mail: a task is done, and rank 0 is to have its answer."""

    answer: Happened | CallReturned | GangFormed | None


class RankWork:
    """Takes tasks from the thread that has the mail, and gives it what there is to send."""

    def __init__(
        self, world: MpiWorld, name: WorkerId, slot: Slot, post: Callable[[Done | ToSend], object]
    ) -> None:
        """Wait for tasks.

        Args:
            world: The world.
            name: What this rank is called.
            slot: What its engines may use.
            post: Gives the thread that has the mail something to send.
        """
        self._world = world
        self._name = name
        self._worker = Worker(name, slot, announce=self._announce)
        self._post = post
        self._tasks: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        self._open: set[JobNumber] = set()
        self._given = 0
        self._done = 0
        self._followers: Sequence[int] = ()
        self._told: Sequence[int] = ()
        """The followers, as the engine's thread knows them: it may be behind."""
        threading.Thread(target=self._work, name="shoal-engine", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether there are tasks whose end has not been posted and `noted`."""
        return self._given > self._done

    @property
    def followers(self) -> Sequence[int]:
        """The ranks that this one leads."""
        return self._followers

    def note_done(self) -> None:
        """Count a task whose end was posted."""
        self._done += 1

    def take(self, message: Any) -> None:
        """Do what rank 0, or this rank's leader, asks for.

        Args:
            message: Of `ray_messages`, or about gangs; with an `OpenJob`, a pair of it and bytes.
        """
        worker = self._worker
        match message:
            case (OpenJob() as opened, spec):
                self._open_job(opened, spec)
            case Leave():
                for job in list(self._open):  # a shard that runs ends after its block
                    worker.close(job)
            case CloseJob():
                self._close(message)
            case RunShard(job, shard):
                self._give(lambda: _ran(job, worker.run(job, shard)))
            case RunBlock(job, block):
                self._give(lambda: self._take_part(job, block))
            case CallWorker():
                self._give(lambda: _called(worker, self._name, message))
            case FormGangs():
                self._find_together(message)

    def _open_job(self, message: OpenJob, spec: bytes | memoryview) -> None:
        self._open.add(message.job)
        self._worker.open(message.job, spec)
        if self._followers:
            self._post(ToSend(self._followers, message, spec))

    def _close(self, message: CloseJob) -> None:
        self._open.discard(message.job)
        self._worker.close(message.job)
        if self._followers:
            # Behind the block that runs: they must not forget the job before they have run it.
            self._give(lambda: self._hand_on(message))

    def _find_together(self, message: FormGangs) -> None:
        gang = own_gang(self._world.size, message.ranks, self._world.rank)
        followers = gang[1:] if gang[0] == self._world.rank else ()
        self._followers = followers
        self._give(lambda: self._form(message, followers))

    def _give(self, task: Callable[[], Any]) -> None:
        self._given += 1
        self._tasks.put(task)

    def _work(self) -> None:
        while True:
            self._post(Done(self._tasks.get()()))

    def _announce(self, job: JobNumber, block: int) -> None:
        if self._told:
            self._hand_on(RunBlock(job, block))

    def _hand_on(self, message: Any) -> None:
        """Tell the followers, and wait until that has left: Aer lets no other thread run."""
        has_left = threading.Event()
        self._post(ToSend(self._told, message, has_left=has_left))
        has_left.wait()

    def _form(self, message: FormGangs, followers: Sequence[int]) -> GangFormed:
        if self._told:
            self._hand_on(message)
        try:
            self._world.enter_gang(message.ranks)
        except Exception as error:  # the others wait for this one
            self.end_world(f"cannot join a gang of {message.ranks}: {in_one_line(error)}")
        self._told = followers
        return GangFormed()

    def _take_part(self, job: JobNumber, block: int) -> None:
        try:
            self._worker.take_part(job, block)
        except Exception as error:  # the other ranks are inside the block, and wait for this one
            self.end_world(f"cannot take part in block {block}: {in_one_line(error)}")

    def end_world(self, words: str) -> None:
        """End every process of the world.

        Args:
            words: Why, of this rank.
        """
        sys.stderr.write(
            f"shoal: rank {self._world.rank} {words}. It ends the world; what is committed is "
            "kept\n"
        )
        self._world.abort()


def _ran(job: int, event: Any) -> Happened | None:
    # A job that is not open here any more was closed by rank 0: it asks for nothing.
    return None if event is None else Happened(job, event)


def _called(worker: Worker, name: WorkerId, message: CallWorker) -> CallReturned:
    try:
        value = worker.call(message.job, message.task)
    except Exception as error:  # whatever a function raises must not end its worker
        words = in_one_line(error)
        return CallReturned(message.job, message.call, name, None, words)
    return CallReturned(message.job, message.call, name, value, None)
