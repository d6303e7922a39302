"""Any sampler of Qiskit's V2 interface as a queue, such as a vendor's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2
from qiskit.providers.basic_provider import BasicSimulator

from ...primitives.errors import EngineError, UnsupportedError
from ..engines.backend_jobs import Entries
from ..engines.backend_limits import BackendLimits
from .faults import is_unknown_job
from .port import CannotList, State, VendorJobId, VendorState
from .properties import properties_of
from .vendor_times import end_of

_STATES: Mapping[str, State] = {"DONE": "done", "ERROR": "failed", "CANCELLED": "cancelled"}


class SamplerQueue:
    """Sends circuits through ``sampler.run``."""

    def __init__(self, sampler: BaseSamplerV2) -> None:
        """Ask nothing yet.

        Args:
            sampler: Of a vendor; its own options stay as they are.
        """
        self._sampler = sampler
        device = _backend_of(sampler)
        self._service = getattr(device, "service", None)
        self.backend: BackendV2 = device or BasicSimulator()
        limits = BackendLimits.of(self.backend)
        # A sampler takes no seeds from us; one without a device computes here, and is free.
        self.limits = replace(limits, is_seeded=device is None, has_memory=True)
        self._here: dict[VendorJobId, Any] = {}

    @property
    def can_retrieve(self) -> bool:
        """Whether another process finds a job again by its id."""
        return callable(getattr(self._service, "job", None))

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tag: str
    ) -> VendorJobId:
        """Send a job; return the vendor's id. Samplers always give shots in their order."""
        environment: Any = getattr(getattr(self._sampler, "options", None), "environment", None)
        if hasattr(environment, "job_tags"):
            environment.job_tags = [tag]
        job = self._sampler.run([(in_one_register(one),) for one in circuits], shots=shots)
        self._here[str(job.job_id())] = job
        return str(job.job_id())

    def find(self, tag: str) -> VendorJobId | None:
        """Return the id of the job with a tag.

        Raises:
            CannotList: The sampler has no service that lists jobs.
        """
        listing: Callable[..., Any] | None = getattr(self._service, "jobs", None)
        if not callable(listing):
            raise CannotList
        found = listing(job_tags=[tag])
        return str(found[0].job_id()) if found else None

    def look(self, job_id: VendorJobId) -> VendorState:
        """Ask how a job is doing."""
        try:
            job = self._job(job_id)
            status = job.status()
        except Exception as error:
            if is_unknown_job(error):
                return VendorState("lost", str(error))
            raise
        state = _STATES.get(str(getattr(status, "name", status)), "waiting")
        words = getattr(job, "error_message", None) if state == "failed" else None
        ended = end_of(job) if state == "done" else None
        return VendorState(state, str(words() or "") if callable(words) else "", ended)

    def entries(self, job_id: VendorJobId) -> Sequence[Entries]:
        """Return what each circuit of a job gave."""
        found = [entries_of_pub(one) for one in self._job(job_id).result()]
        self._here.pop(job_id, None)
        return found

    def cancel(self, job_id: VendorJobId) -> None:
        """Take a job out of the queue, if it is still there."""
        self._job(job_id).cancel()

    def properties(self) -> Mapping[str, Any] | None:
        """Return what the device says of its calibration now."""
        return properties_of(self.backend)

    def _job(self, job_id: VendorJobId) -> Any:
        if job_id not in self._here:
            if not self.can_retrieve:
                raise EngineError(
                    f"the sampler behind {self.limits.name} gives no job back by its id, and"
                    f" {job_id} was submitted by another process"
                )
            assert self._service is not None
            self._here[job_id] = self._service.job(job_id)
        return self._here[job_id]


def _backend_of(sampler: BaseSamplerV2) -> BackendV2 | None:
    """Return a sampler's device; a property with some vendors, a method with others."""
    for name in ("backend", "_backend"):
        found = getattr(sampler, name, None)
        found = found() if callable(found) and not isinstance(found, BackendV2) else found
        if isinstance(found, BackendV2):
            return found
    return None


def in_one_register(circuit: QuantumCircuit) -> QuantumCircuit:
    """Put all classical bits into one register: samplers give back registers, not bits.

    Args:
        circuit: Returned as it is where its registers, in their order, are its bits.

    Raises:
        UnsupportedError: It is not, and has control flow.
    """
    bits = [bit for register in circuit.cregs for bit in register]
    if bits == list(circuit.clbits):
        return circuit
    if any(instruction.is_control_flow() for instruction in circuit.data):
        raise UnsupportedError(
            f"circuit {circuit.name!r}: classical bits outside of registers, or shared by several,"
            " beside control flow; a sampler as a queue wants every bit in one register"
        )
    whole = QuantumCircuit(circuit.qubits, ClassicalRegister(circuit.num_clbits, "meas"))
    return whole.compose(circuit, circuit.qubits, whole.clbits)


def entries_of_pub(found: Any) -> Entries:
    """Read one circuit's shots: the first register has the lowest bits, as in the circuit.

    Args:
        found: A sampler's result of one pub.
    """
    bits = found.join_data()
    return Entries(tuple(hex(int(shot, 2)) for shot in bits.get_bitstrings()), None)
