"""One device as ``mode``: by itself, in a session, or in a batch."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import Any

from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from ..primitives.errors import UnsupportedError
from ..primitives.job import Job
from ..primitives.request import Request
from .engines.backend_limits import takes_primitives_only
from .queue_runner import Queues
from .queues.ibm import Kind, ibm_sampler, open_at_ibm
from .queues.port import Queue
from .queues.settings import QueueSettings

DEVICE = "device"
"""The name of the one queue."""

Place = str | PathLike[str]


class Device(Queues):
    """A runner that sends everything to one device.

    >>> estimator = Estimator(Device(backend, store="runs"))  # doctest: +SKIP
    """

    def __init__(
        self,
        backend: BackendV2 | BaseSamplerV2 | Queue,
        *,
        store: Place | None = None,
        settings: QueueSettings | None = None,
    ) -> None:
        """Take a device; nothing is asked of it yet.

        Args:
            backend: A backend, or a sampler of Qiskit's V2 interface.
            store: The folder in which jobs are kept; ``None``: results in memory only.
            settings: The numbers that its queue is served by.
        """
        super().__init__({DEVICE: (backend, settings or QueueSettings())}, store=store, workers=1)

    @property
    def queue_names(self) -> tuple[str, ...]:
        """What an option may call the device."""
        return ("auto", "backend", DEVICE)

    def submit(self, request: Request, *, name: str | None = None) -> Job:
        """Send a request to the device.

        Args:
            request: What is asked.
            name: Of a new job in the store; ``None``: the primitive's.

        Raises:
            RequestError: The device cannot serve it; nothing was sent.
        """
        execution = request.options.execution
        if execution.engines is not None or execution.engine not in self.queue_names:
            found = execution.engines or execution.engine
            raise UnsupportedError(
                f"option execution.engine: found {found!r}, but mode is one device: expected"
                f" {', '.join(map(repr, self.queue_names))}; several go into shoal.cluster.Queues"
            )
        options = request.options.replaced("execution.engine", DEVICE)
        return super().submit(replace(request, options=options), name=name)


class _Opened(Device):
    """A device that is the user's for a while."""

    KIND: Kind

    def __init__(
        self,
        backend: BackendV2,
        *,
        max_time: int | str | None = None,
        store: Place | None = None,
        settings: QueueSettings | None = None,
    ) -> None:
        """Open at the vendor, where the vendor has such a thing; others take job after job.

        Args:
            backend: The device.
            max_time: When the vendor closes it; ``None``: the vendor's default.
            store: The folder in which jobs are kept; ``None``: results in memory only.
            settings: The numbers that its queue is served by.
        """
        self.opened: Any = None
        device: BackendV2 | BaseSamplerV2 = backend
        if takes_primitives_only(backend):
            self.opened = open_at_ibm(self.KIND, backend, max_time)
            device = ibm_sampler(backend, self.opened)
        super().__init__(device, store=store, settings=settings)

    def close(self) -> None:
        """End the jobs that run, and tell the vendor that no more come."""
        super().close()
        if self.opened is not None:
            self.opened.close()


class Session(_Opened):
    """A device whose jobs of ours come one after the other, without others between them.

    >>> with Session(backend) as session:  # doctest: +SKIP
    ...     result = Estimator(session).run([(circuit, "ZZ")]).result()
    """

    KIND = "Session"


class Batch(_Opened):
    """A device that gets many jobs that do not wait for each other's results."""

    KIND = "Batch"
