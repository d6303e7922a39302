"""Calls to the one worker that serves a queue, each made once."""

from __future__ import annotations

import threading
import time
from typing import Any

from ...orchestrator.memory import MemoryStore
from ...orchestrator.ports import WorkerId, WorkerJoined, WorkerLost
from ...primitives.errors import ExecutionError
from ...primitives.expansion import expand
from ...primitives.options import SamplerOptions
from ...primitives.request import Request
from ..engines.choice import make_engine
from ..pickles import dumps
from ..ray_messages import CallReturned, CallWorker, Homeless
from ..worker import JobSpec
from ..worker_pool import Told, WorkerPool
from .far_side import Answer, FarProvider, far_call

CALL_SECONDS = 600.0
"""How long a vendor's client may take to answer."""

FIRST_SECONDS, NEXT_SECONDS = 120.0, 2.0
"""How long to wait for a worker, and for another one in the place of one that is lost, before the
caller hears that there is none: it may have been asked to end."""


class FarError(RuntimeError):
    """What a vendor's client raised elsewhere, for good."""


class FarFaultError(ConnectionError):
    """The worker or its vendor did not answer; what was sent may have arrived."""


class FarRefusedError(FarFaultError, ConnectionRefusedError):
    """What was to be sent cannot have arrived."""


class Line:
    """The way to a worker. Several threads may call; no call is made again by itself."""

    def __init__(self, pool: WorkerPool, how: FarProvider) -> None:
        """Begin to listen for the worker.

        Args:
            pool: Starts it, and another one when it is lost.
            how: How the queue is opened there.
        """
        self.node = how.node
        self._how = how
        self._pool = pool
        self._changed = threading.Condition()
        self._worker: WorkerId | None = None
        self._ended: ExecutionError | None = None
        self._homeless = ""
        self._waiting: dict[int, WorkerId] = {}
        self._answers: dict[int, Answer] = {}
        self._number = 0
        nothing = Request("sampler", (), (), (), SamplerOptions(), 0)
        committer = MemoryStore(nothing, expand(nothing)).committer()
        self._needs = how.need
        self._job = pool.open(JobSpec(nothing, committer, make_engine), self._hear)

    def call(self, method: str, arguments: tuple[Any, ...]) -> Answer:
        """Call one of the queue's methods.

        Args:
            method: Its name.
            arguments: Of the method.

        Raises:
            FarFaultError: Nobody knows whether the call was made: its worker was lost.
            FarRefusedError: It was not: there is no worker now.
            ExecutionError: There will be none.
        """
        task = dumps((far_call, (self._how, method, arguments)))
        with self._changed:
            seconds = NEXT_SECONDS if self._number else FIRST_SECONDS
            self._changed.wait_for(lambda: self._worker or self._ended or self._homeless, seconds)
            if self._ended is not None:
                raise self._ended
            if self._worker is None:
                words = self._homeless or f"no worker has come to the node {self.node!r}"
                raise FarRefusedError(words)
            self._number += 1
            number, worker = self._number, self._worker
            self._waiting[number] = worker
        self._pool.send(CallWorker(self._job, number, worker, task))
        return self._answer(number, time.monotonic() + CALL_SECONDS)

    def close(self) -> None:
        """Take leave of the worker."""
        self._pool.close_job(self._job)

    def _answer(self, number: int, deadline: float) -> Answer:
        with self._changed:
            self._changed.wait_for(
                lambda: number in self._answers or self._ended, deadline - time.monotonic()
            )
            self._waiting.pop(number, None)
            if number in self._answers:
                return self._answers.pop(number)
            if self._ended is not None:
                raise self._ended
        raise FarFaultError(f"no answer from the node {self.node!r} for {CALL_SECONDS:g} s")

    def _hear(self, told: Told) -> None:
        """Take in what happens to the worker and to calls."""
        with self._changed:
            match told:
                case WorkerJoined(worker, slot=slot) if self._needs in slot.offers:
                    self._worker = worker
                    self._homeless = ""
                case Homeless(kind, words) if self._needs in kind.offers:
                    self._homeless = words
                case WorkerLost(worker, cause) if worker == self._worker:
                    self._worker = None
                    for number, asked in self._waiting.items():
                        if asked == worker:
                            self._answers.setdefault(number, Answer("not_now", words=cause))
                case CallReturned(call=number, error=None, value=value):
                    self._keep(number, value)
                case CallReturned(call=number, error=str() as words):
                    self._keep(number, Answer("not_now", words=words))
                case ExecutionError():
                    self._ended = told
            self._changed.notify_all()

    def _keep(self, number: int, answer: Answer) -> None:
        if number in self._waiting:
            self._answers.setdefault(number, answer)
