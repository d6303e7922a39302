"""What every rank but 0 does: run shards for rank 0, until it says that all is over."""

from __future__ import annotations

import math
import os
import queue
import signal
import sys
import time
from typing import Any

from ...orchestrator.ports import Slot, WorkerId
from ..ray_messages import Leave
from .mail import MAX_NAP_SECONDS, MIN_NAP_SECONDS, FormGangs, Left, Mail, ToldToEnd, ToSend
from .pool import LEAVE_SECONDS
from .rank_work import Done, RankWork
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
        self._mail = Mail(world)
        self._posted: queue.SimpleQueue[Done | ToSend] = queue.SimpleQueue()
        self._work = RankWork(world, name, slot, self._posted.put)
        self._signal: str | None = None
        self._silent_seconds = SILENT_SECONDS

    def serve(self) -> None:
        for number in _ENDING:
            signal.signal(number, self._note_signal)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self._listen()
        until = time.monotonic() + LEAVE_SECONDS
        while self._work.is_busy and time.monotonic() < until:
            self._pass_on(MAX_NAP_SECONDS)
        for rank in self._work.followers:
            self._mail.send(rank, Leave())
        self._mail.send(0, Left())
        while not self._mail.has_sent_all():
            time.sleep(MIN_NAP_SECONDS)
        self._world.leave()
        if self._work.is_busy:
            # The engine's thread cannot be ended otherwise, and would be waited for.
            sys.stdout.flush()
            os._exit(0)

    def _listen(self) -> None:
        nap, heard = MIN_NAP_SECONDS, time.monotonic()
        while True:
            for _, message in self._mail.receive():
                self._take(message)
                if isinstance(message, Leave):
                    return
                nap, heard = MIN_NAP_SECONDS, time.monotonic()
            if self._pass_on(nap):
                # A block may take longer than rank 0 may be silent: nothing was heard in it.
                nap, heard = MIN_NAP_SECONDS, time.monotonic()
            else:
                nap = min(2 * nap, MAX_NAP_SECONDS)
            self._mail.has_sent_all()
            if self._signal is not None:
                self._mail.send(0, ToldToEnd(self._signal))
                self._signal = None
            if time.monotonic() - heard > self._silent_seconds:
                words = f"has not heard of rank 0 for {self._silent_seconds:.0f} s"
                self._work.end_world(words)

    def _take(self, message: Any) -> None:
        if isinstance(message, FormGangs):
            # Where rank 0 works along, it is silent for as long as a block takes.
            is_along = self._world.size % message.ranks == 0
            self._silent_seconds = math.inf if is_along else SILENT_SECONDS
        self._work.take(message)

    def _pass_on(self, seconds: float) -> bool:
        """Send one thing that was posted, waiting for it; say whether there was one."""
        try:
            posted = self._posted.get(timeout=seconds)
        except queue.Empty:
            return False
        if isinstance(posted, ToSend):
            self._mail.send_all(posted)
        else:
            self._work.note_done()
            if posted.answer is not None:
                self._mail.send(0, posted.answer)
        return True

    def _note_signal(self, number: int, frame: object) -> None:
        self._signal = signal.Signals(number).name
