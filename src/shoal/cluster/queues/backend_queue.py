"""A Qiskit backend as a queue, whatever its provider calls the way back to a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, JobStatus

from ...primitives.errors import EngineError
from ..engines.backend_jobs import Entries, entries_of_result
from ..engines.backend_limits import BackendLimits
from .faults import is_unknown_job
from .port import CannotList, VendorJobId, VendorState
from .properties import properties_of
from .vendor_times import end_of

_STATES = {
    JobStatus.DONE: "done",
    JobStatus.ERROR: "failed",
    JobStatus.CANCELLED: "cancelled",
}

Retrieve = Callable[[VendorJobId], Any]


class BackendQueue:
    """Sends circuits through ``backend.run``."""

    def __init__(self, backend: BackendV2) -> None:
        """Ask nothing yet.

        Args:
            backend: One of a provider's.
        """
        self.backend = backend
        self.limits = BackendLimits.of(backend)
        self._retrieve = _retrieval(backend)
        self._here: dict[VendorJobId, Any] = {}

    @property
    def can_retrieve(self) -> bool:
        """Whether another process finds a job again by its id."""
        return self._retrieve is not None

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tag: str
    ) -> VendorJobId:
        """Send a job; return the vendor's id."""
        options: dict[str, Any] = {"shots": shots}
        if with_memory and self.limits.has_memory:
            options["memory"] = True
        if hasattr(self.backend.options, "job_tags"):
            options["job_tags"] = [tag]
        job = self.backend.run(list(circuits), **options)
        self._here[str(job.job_id())] = job
        return str(job.job_id())

    def find(self, tag: str) -> VendorJobId | None:
        """Return the id of the job with a tag.

        Raises:
            CannotList: The backend lists no jobs.
        """
        listing = getattr(self.backend, "jobs", None)
        if not callable(listing) or not hasattr(self.backend.options, "job_tags"):
            raise CannotList
        try:
            found = listing(job_tags=[tag])
        except NotImplementedError:
            raise CannotList from None
        return str(found[0].job_id()) if found else None

    def look(self, job_id: VendorJobId) -> VendorState:
        """Ask how a job is doing; one that the vendor does not know is lost."""
        try:
            job = self._job(job_id)
            status = job.status()
        except Exception as error:
            if is_unknown_job(error):
                return VendorState("lost", str(error))
            raise
        state = _STATES.get(status, "waiting")
        words = getattr(job, "error_message", None) if state == "failed" else None
        ended = end_of(job) if state == "done" else None
        return VendorState(state, str(words() or "") if callable(words) else "", ended)  # type: ignore[arg-type]

    def entries(self, job_id: VendorJobId) -> Sequence[Entries]:
        """Return what each circuit of a job gave."""
        entries = entries_of_result(self._job(job_id).result())
        self._here.pop(job_id, None)
        return entries

    def cancel(self, job_id: VendorJobId) -> None:
        """Take a job out of the queue, if it is still there."""
        self._job(job_id).cancel()

    def properties(self) -> Mapping[str, Any] | None:
        """Return what the backend says of its calibration now."""
        return properties_of(self.backend)

    def _job(self, job_id: VendorJobId) -> Any:
        if job_id not in self._here:
            if self._retrieve is None:
                raise EngineError(
                    f"the backend {self.limits.name} gives no job back by its id, and {job_id} was"
                    " submitted by another process"
                )
            self._here[job_id] = self._retrieve(job_id)
        return self._here[job_id]


def _retrieval(backend: BackendV2) -> Retrieve | None:
    """Find the way back to a job: each provider has its own."""
    for owner, name in (
        (backend, "retrieve_job"),
        (getattr(backend, "service", None), "job"),
        (getattr(backend, "provider", None), "retrieve_job"),
        (getattr(backend, "provider", None), "job"),
    ):
        found = getattr(owner, name, None)
        if callable(found):
            return found  # type: ignore[no-any-return]
    return None
