"""The border to a vendor's queue: what is asked of one, whoever the vendor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2

from ..engines.backend_jobs import Entries
from ..engines.backend_limits import BackendLimits

VendorJobId = str

State = Literal["waiting", "done", "failed", "cancelled", "lost"]


@dataclass(frozen=True, slots=True)
class VendorState:
    """What a vendor says of a job."""

    state: State
    words: str = ""
    """The vendor's own, where there are some: an error, a position in the queue."""
    ended: str | None = None
    """When it was done, UTC, ISO 8601, where the vendor says so."""


class CannotList(Exception):  # noqa: N818 (an answer, not a fault)
    """This provider does not list jobs by tag."""


@runtime_checkable
class Queue(Protocol):
    """A queue. Any call may raise what `is_transient` takes for a fault that passes."""

    @property
    def backend(self) -> BackendV2:
        """What circuits are translated for."""
        ...

    @property
    def limits(self) -> BackendLimits:
        """What a job may be."""
        ...

    @property
    def can_retrieve(self) -> bool:
        """Whether another process finds a job again by its id."""
        ...

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tag: str
    ) -> VendorJobId:
        """Send a job, with a tag where the vendor keeps tags; return the vendor's id."""
        ...

    def find(self, tag: str) -> VendorJobId | None:
        """Return the id of the job with a tag; ``None``: the vendor has none.

        Raises:
            CannotList: The vendor cannot be asked.
        """
        ...

    def look(self, job_id: VendorJobId) -> VendorState:
        """Ask how a job is doing."""
        ...

    def entries(self, job_id: VendorJobId) -> Sequence[Entries]:
        """Return what each circuit of a job gave, once it is done."""
        ...

    def cancel(self, job_id: VendorJobId) -> None:
        """Take a job out of the queue, if it is still there."""
        ...

    def properties(self) -> Mapping[str, Any] | None:
        """Return what the vendor says of the device's calibration now; ``None``: nothing."""
        ...
