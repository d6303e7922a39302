"""A queue that a worker on another node speaks with: only its vendor's calls travel.

What is sent, and under which name, is written down here before it travels: a worker or a node that
is lost on the way leaves a submission in doubt, as a network does, and its tag is asked for first.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target

from ...primitives.errors import ExecutionError, RequestError
from ..attachment import Attachment
from ..engines.backend_jobs import Entries
from ..engines.backend_limits import BackendLimits
from ..node_folder import NodeFolder
from ..ray_pool import RayPool
from ..ray_settings import attached_settings
from ..worker_kind import WorkerKind
from ..worker_pool import WorkerPool
from .far_side import Answer, FarProvider, Introduction, proxies
from .line import FarError, FarFaultError, FarRefusedError, Line
from .port import CannotList, VendorJobId, VendorState


class FarBackend(BackendV2):  # type: ignore[misc]
    """What circuits are made for, of a backend that is elsewhere."""

    def __init__(self, said: Introduction) -> None:
        """Take what the backend has said of itself."""
        super().__init__(name=said.limits.name)
        self._said = said
        limits = said.limits
        if limits.is_seeded:
            self._options.update_options(seed_simulator=None)
        if limits.has_memory:
            self._options.update_options(memory=False)
        if limits.max_shots is not None:
            self._options.set_validator("shots", (1, limits.max_shots))
        for name, plugin in said.plugins.items():
            setattr(self, name, lambda plugin=plugin: plugin)

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024)

    @property
    def target(self) -> Target:
        """What the backend can do."""
        return self._said.target

    @property
    def max_circuits(self) -> int | None:
        """How many circuits a job may have."""
        return self._said.limits.max_circuits

    def run(self, run_input: Any, **options: Any) -> Any:
        """Refuse: its queue sends circuits.

        Raises:
            RequestError: Always.
        """
        raise RequestError(f"the backend {self.name} is elsewhere: its queue sends circuits")


class FarQueue:
    """A queue, by way of the worker that can reach its vendor."""

    def __init__(self, line: Line, end: Callable[[], object]) -> None:
        """Ask the worker what the queue is.

        Args:
            line: To the worker.
            end: Ends the worker, if it was started for queues alone.

        Raises:
            RequestError: The provider cannot be called there, or the worker is lost.
            ExecutionError: There is no such worker, and there will be none.
        """
        self._line = line
        self._end = end
        try:
            said: Introduction = self._ask("introduction")
        except (FarError, FarFaultError) as error:
            raise RequestError(f"on the node {line.node!r}: {error}") from error
        self.backend: BackendV2 = FarBackend(said)
        self.limits: BackendLimits = said.limits
        self.can_retrieve: bool = said.can_retrieve

    def close(self) -> None:
        """Take leave of the worker; one of queues alone ends, with the others that came with it."""
        self._line.close()
        self._end()

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tag: str
    ) -> VendorJobId:
        """Send a job, with a tag where the vendor keeps tags; return the vendor's id."""
        job_id: VendorJobId = self._ask("submit", list(circuits), shots, with_memory, tag)
        return job_id

    def find(self, tag: str) -> VendorJobId | None:
        """Return the id of the job with a tag."""
        job_id: VendorJobId | None = self._ask("find", tag)
        return job_id

    def look(self, job_id: VendorJobId) -> VendorState:
        """Ask how a job is doing."""
        state: VendorState = self._ask("look", job_id)
        return state

    def entries(self, job_id: VendorJobId) -> Sequence[Entries]:
        """Return what each circuit of a job gave."""
        entries: Sequence[Entries] = self._ask("entries", job_id)
        return entries

    def cancel(self, job_id: VendorJobId) -> None:
        """Take a job out of the queue, if it is still there."""
        self._ask("cancel", job_id)

    def properties(self) -> Mapping[str, Any] | None:
        """Return what the vendor says of the device's calibration now."""
        properties: Mapping[str, Any] | None = self._ask("properties")
        return properties

    def _ask(self, method: str, *arguments: Any) -> Any:
        answer: Answer = self._line.call(method, arguments)
        match answer.kind:
            case "unlisted":
                raise CannotList
            case "never_arrived":
                raise FarRefusedError(answer.words)
            case "not_now":
                raise FarFaultError(answer.words)
            case "error":
                raise FarError(answer.words)
        return answer.value


def open_far(
    providers: Mapping[str, FarProvider], address: str | None, attachment: Attachment | None = None
) -> dict[str, FarQueue]:
    """Start a worker for each queue on a node that can reach it, and open the queue there.

    Args:
        providers: By the queues' names.
        address: Of the Ray that has the nodes.
        attachment: What else is said of that Ray.

    Raises:
        RequestError: There is no such Ray or node, or a provider cannot be called there.
        ExecutionError: The worker is lost again and again.
    """
    if address is None:
        name, one = next(iter(providers.items()))
        raise RequestError(
            f"queues.{name}.node = {one.node!r} names a node of a Ray that is there, and none is"
            " said: give its address in the profile, or leave node out where this process can"
            " reach the vendor"
        )
    providers = _named(providers)
    kinds = list(map(_gateway, providers.values()))
    folder = NodeFolder.make()
    try:
        pool = RayPool(attached_settings(folder.path, address, kinds, attachment), folder)
    except ExecutionError as error:
        raise RequestError(f"queues with a node of their own: {error}") from error
    atexit.register(pool.close)
    try:
        return {name: FarQueue(Line(pool, one), pool.close) for name, one in providers.items()}
    except BaseException:
        pool.close()
        raise


def open_on(pool: WorkerPool, providers: Mapping[str, FarProvider]) -> dict[str, FarQueue]:
    """Open queues by workers that a pool of ours starts beside its others.

    Args:
        pool: Of a cluster that is open.
        providers: By the queues' names.

    Raises:
        RequestError: There is no such node, or a provider cannot be called there.
        ExecutionError: The pool is closed, or the worker is lost again and again.
    """
    if not isinstance(pool, RayPool):
        raise RequestError(
            f"queues {', '.join(providers)}: a node of their own takes a Ray, and this is none"
        )
    providers = _named(providers)
    lines = {name: Line(pool, one) for name, one in providers.items()}
    for one in providers.values():
        pool.add(_gateway(one))
    return {name: FarQueue(line, lambda: None) for name, line in lines.items()}


def _named(providers: Mapping[str, FarProvider]) -> Mapping[str, FarProvider]:
    """Let each know its queue's name, and this process's way out."""
    given = proxies(os.environ)
    return {name: replace(one, name=name, environment=given) for name, one in providers.items()}


def _gateway(provider: FarProvider) -> WorkerKind:
    """Return the one worker that speaks with a queue; it takes no cores."""
    return WorkerKind(workers=1, node=provider.node, takes_cores=False, serves=(provider.need,))
