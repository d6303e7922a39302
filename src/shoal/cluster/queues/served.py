"""The queues of a cluster: who is asked for what, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from qiskit.providers import BackendV2

from ...orchestrator.job_folders import stored_request
from ...orchestrator.vendor_jobs import VendorJobs
from ...primitives.engine_names import WITHOUT_QUEUE
from ...primitives.errors import RequestError, UnsupportedError
from ...primitives.option_groups import DynamicalDecouplingOptions
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..engines.backend_batches import BlockCircuits
from ..engines.backend_limits import check_pubs, check_shots
from ..engines.backend_placement import Placements
from ..engines.backend_templates import BackendTemplates
from ..engines.choice import ENGINES
from .drift import drift_of
from .far import FarQueue
from .gateway import Gateway
from .opening import queue_of
from .placing import placed, pubs_by_queue
from .port import Queue
from .settings import QueueSettings

RESERVED = WITHOUT_QUEUE
"""Names of engines."""


@dataclass(frozen=True, eq=False)
class ServedQueue:
    """One queue, and the numbers that it is served by."""

    name: str
    queue: Queue
    settings: QueueSettings

    @cached_property
    def placements(self) -> Placements:
        """Where circuits were put on the device."""
        return Placements(self.queue.backend)

    def templates(self, decoupling: DynamicalDecouplingOptions | None) -> BackendTemplates:
        """Return a maker of circuits in the device's instructions."""
        return BackendTemplates(self.queue.backend, decoupling)


class QueueSet:
    """Queues by their names."""

    def __init__(self, queues: Mapping[str, Any] | None = None) -> None:
        """Take queues in.

        Args:
            queues: Each a backend, a sampler of Qiskit's V2 interface or a `Queue`, or a pair of
                one and `QueueSettings`.

        Raises:
            TypeError: Something else.
            RequestError: A name is an engine's.
        """
        self._served: dict[str, ServedQueue] = {}
        for name, said in (queues or {}).items():
            device, settings = said if isinstance(said, tuple) else (said, QueueSettings())
            if name in RESERVED:
                raise RequestError(f"queue {name!r} has an engine's name: choose another one")
            self._served[name] = ServedQueue(name, queue_of(device), settings)

    def close(self) -> None:
        """End the workers that speak with queues from nodes of their own."""
        for one in self._served.values():
            if isinstance(one.queue, FarQueue):
                one.queue.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all queues."""
        return tuple(self._served)

    def device(self, name: str) -> BackendV2:
        """Return what a queue's circuits are translated for."""
        return self._served[name].queue.backend

    def __bool__(self) -> bool:
        return bool(self._served)

    def request(self, store: Path | None, request: Request, name: str) -> Request:
        """Return a request as it is to run: as its job's folder has it, or placed now.

        A device's calibration may have changed since; the circuits of a job do not.

        Args:
            store: The store's folder, if there is one.
            request: What is asked.
            name: Its job's, if that is new.

        Raises:
            RequestError: A queue cannot run it; nothing was sent.
            StoreError: A job that has the name cannot be read.
        """
        found = None
        if store is not None and pubs_by_queue(request, self.names):
            found = stored_request(store, request, name)
        return self.place(found or request)

    def place(self, request: Request) -> Request:
        """Check what goes to queues, and write it for their devices, unless it is already.

        Args:
            request: What is asked, or what a job's folder has of it.

        Raises:
            RequestError: A queue cannot run it; nothing was sent.
        """
        check_names(request, self._served)
        if request.asked is not None:
            return request
        for name, numbers in pubs_by_queue(request, self.names).items():
            with _named(name):
                check_pubs(request, numbers, self._served[name].queue.backend)
        return placed(request, {one.name: one.placements for one in self._served.values()})

    def check(self, workload: Workload) -> None:
        """Refuse more shots than a queue draws.

        Raises:
            RequestError: The message has the limit.
        """
        for one in self._used(workload):
            with _named(one.name):
                check_shots(workload, one.queue.backend, one.name)

    def blocks(self, workload: Workload) -> frozenset[int]:
        """Return the blocks that queues run."""
        programs = {one.index for one in workload.programs if one.engine in self._served}
        return frozenset(one.index for one in workload.blocks if one.program in programs)

    def gateways(
        self, request: Request, workload: Workload, jobs: VendorJobs
    ) -> Iterator[tuple[ServedQueue, Gateway]]:
        """Make a gateway for each queue that a workload uses.

        Args:
            request: What was asked, placed.
            workload: Its expansion.
            jobs: What was sent, now and before.
        """
        asked = request.options.dynamical_decoupling
        for one in self._used(workload):
            templates = one.templates(asked if asked.enable else None)
            yield (
                one,
                Gateway(
                    one.name,
                    one.queue,
                    BlockCircuits(workload, templates),
                    jobs,
                    one.settings,
                    with_memory=request.primitive == "sampler",
                    drift=drift_of(request, workload, one.name),
                ),
            )

    def _used(self, workload: Workload) -> list[ServedQueue]:
        engines = {program.engine for program in workload.programs}
        return [one for one in self._served.values() if one.name in engines]


def check_names(request: Request, names: Iterable[str]) -> None:
    """Refuse engines that are neither ours nor queues.

    Args:
        request: What is asked.
        names: Of the queues that there are.

    Raises:
        UnsupportedError: The message has the names.
    """
    known = (*ENGINES, *names)
    for number in range(len(request.pubs)):
        engine = request.engine_of(number)
        if engine not in known:
            raise UnsupportedError(
                f"pub {number}: option execution.engine: found {engine!r}, expected one of"
                f" {', '.join(map(repr, known))}; queues are named in a profile, or with queues="
                " in Python"
            )


@contextmanager
def _named(queue: str) -> Iterator[None]:
    """Say which queue refuses."""
    try:
        yield
    except RequestError as error:
        raise type(error)(f"queue {queue}: {error}") from error
