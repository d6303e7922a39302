"""What every rank but 0 does: run shards for rank 0, until it says that all is over."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ...orchestrator.ports import Slot, WorkerId
from ...orchestrator.shard_run import in_one_line
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
from .mail import Left, Mail, ToldToEnd
from .pool import LEAVE_SECONDS, MAX_NAP_SECONDS, MIN_NAP_SECONDS
from .world import MpiWorld

SILENT_SECONDS = 300.0
"""When nothing was heard from rank 0 for so long, it is gone, and the world is ended."""

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_IGNORED = (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
"""Sent to all processes of a step or a terminal alike: rank 0 decides what they mean."""


def serve(world: MpiWorld, worker: WorkerId, slot: Slot) -> None:
    """Run shards until rank 0 says that all is over, and leave the world.

    Args:
        world: The world, of which this process is not rank 0.
        worker: What this one is called.
        slot: What its engines may use.
    """
    if slot.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot.gpu
    _Rank(world, worker, slot).serve()


class _Rank:
    """Messages are the main thread's, which also hears signals; shards are run by another one."""

    def __init__(self, world: MpiWorld, name: WorkerId, slot: Slot) -> None:
        self._world = world
        self._name = name
        self._worker = Worker(name, slot)
        self._mail = Mail(world)
        self._tasks: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._num_running = 0
        self._signal: str | None = None
        self._engine = threading.Thread(target=self._work, name="shoal-engine", daemon=True)

    def serve(self) -> None:
        for number in _ENDING:
            signal.signal(number, self._note_signal)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self._engine.start()
        self._listen()
        until = time.monotonic() + LEAVE_SECONDS
        while self._num_running and time.monotonic() < until:
            self._answer(MAX_NAP_SECONDS)
        self._mail.send(0, Left())
        while not self._mail.has_sent_all():
            time.sleep(MIN_NAP_SECONDS)
        self._world.leave()
        if self._num_running:
            # The engine's thread cannot be ended otherwise, and would be waited for.
            sys.stdout.flush()
            os._exit(0)

    def _listen(self) -> None:
        nap, heard = MIN_NAP_SECONDS, time.monotonic()
        while True:
            for _, message in self._mail.receive():
                if isinstance(message, Leave):
                    return
                self._take(message)
                nap, heard = MIN_NAP_SECONDS, time.monotonic()
            nap = MIN_NAP_SECONDS if self._answer(nap) else min(2 * nap, MAX_NAP_SECONDS)
            self._mail.has_sent_all()
            if self._signal is not None:
                self._mail.send(0, ToldToEnd(self._signal))
                self._signal = None
            if time.monotonic() - heard > SILENT_SECONDS:
                self._end_world(f"has not heard of rank 0 for {SILENT_SECONDS:.0f} s")

    def _take(self, message: Any) -> None:
        worker = self._worker
        match message:
            case (OpenJob(job), spec):
                worker.open(job, spec)
            case CloseJob(job):
                worker.close(job)
            case RunShard(job, shard):
                self._give(lambda: _ran(job, worker.run(job, shard)))
            case RunBlock(job, block):
                self._give(lambda: self._take_part(job, block))
            case CallWorker():
                self._give(lambda: _called(worker, self._name, message))

    def _give(self, task: Callable[[], Any]) -> None:
        self._num_running += 1
        self._tasks.put(task)

    def _answer(self, seconds: float) -> bool:
        """Send one answer, waiting for it; say whether there was one."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return False
        self._num_running -= 1
        if answer is not None:
            self._mail.send(0, answer)
        return True

    def _work(self) -> None:
        while True:
            self._answers.put(self._tasks.get()())

    def _take_part(self, job: JobNumber, block: int) -> None:
        try:
            self._worker.take_part(job, block)
        except Exception as error:  # the other ranks are inside the block, and wait for this one
            self._end_world(f"cannot take part in block {block}: {in_one_line(error)}")

    def _end_world(self, words: str) -> None:
        sys.stderr.write(
            f"shoal: rank {self._world.rank} {words}. It ends the world; what is committed is "
            "kept\n"
        )
        self._world.abort()

    def _note_signal(self, number: int, frame: object) -> None:
        self._signal = signal.Signals(number).name


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
