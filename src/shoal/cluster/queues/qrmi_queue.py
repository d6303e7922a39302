"""A quantum resource of a Slurm job (QRMI) as a queue.

Slurm acquires and releases resources in the step of the batch script: nothing is acquired here.
QRMI's own job handle stops its task when Python collects it: so we keep ids, and no handles.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2

from ...primitives.errors import UnsupportedError
from ..engines.backend_jobs import Entries
from ..engines.backend_limits import BackendLimits
from .faults import is_unknown_job
from .port import CannotList, State, VendorJobId, VendorState
from .properties import properties_of
from .qrmi_faults import told_apart
from .sampler_queue import entries_of_pub, in_one_register

_STATES: Mapping[str, State] = {
    "Completed": "done",
    "Failed": "failed",
    "Cancelled": "cancelled",
}


class QrmiQueue:
    """Sends circuits as tasks of a QRMI resource that speaks IBM's primitives."""

    def __init__(self, resource: Any) -> None:
        """Read the device; the resource is acquired already.

        Args:
            resource: A ``qrmi.QuantumResource``.

        Raises:
            UnsupportedError: QRMI is not installed, or the resource is not accessible from here.
        """
        try:
            ibm: Any = importlib.import_module("qrmi.primitives.ibm")
        except ImportError as error:
            raise UnsupportedError(
                "QRMI needs two packages: pip install 'shoal[qrmi,ibm]'"
            ) from error
        with told_apart(is_sent=False):
            if _name(resource.status().status) == "Offline":
                raise UnsupportedError(
                    "the QRMI resource is offline: it is there for the batch script's step of a job"
                    " with #SBATCH --qpu, so drive the queues from there"
                )
            self.backend: BackendV2 = ibm.get_backend(resource)
        self._resource = resource
        self._sampler = ibm.SamplerV2(resource)
        self.limits = BackendLimits.of(self.backend)

    @property
    def can_retrieve(self) -> bool:
        """Whether another process finds a job again by its id: a task's id is the vendor's own."""
        return True

    def submit(
        self, circuits: Sequence[QuantumCircuit], shots: int, with_memory: bool, tag: str
    ) -> VendorJobId:
        """Start a task; return its id."""
        pubs = [(in_one_register(one),) for one in circuits]
        # QRMI does not tell whether what a fault of the network interrupts was sent, and lists no
        # tasks: a network that is down is found out by a question that may be asked again.
        with told_apart(is_sent=False):
            self._resource.status()
        with told_apart():
            job = self._sampler.run(pubs, shots=shots)
        job._delete_job = False  # its handle would stop the task when it is collected
        return str(job.job_id())

    def find(self, tag: str) -> VendorJobId | None:
        """Refuse: QRMI keeps no tags and lists no tasks.

        Raises:
            CannotList: Always.
        """
        raise CannotList

    def look(self, job_id: VendorJobId) -> VendorState:
        """Ask how a task is doing."""
        try:
            with told_apart():
                status = self._resource.task_status(job_id)
        except Exception as error:
            if is_unknown_job(error) or type(error).__name__ == "TaskNotFoundError":
                return VendorState("lost", str(error))
            raise
        state = _STATES.get(_name(status), "waiting")
        return VendorState(state, self._logs(job_id) if state == "failed" else "")

    def entries(self, job_id: VendorJobId) -> Sequence[Entries]:
        """Return what each circuit of a task gave."""
        from qiskit_ibm_runtime.decoders.result_decoder import ResultDecoder

        with told_apart():
            found = ResultDecoder.decode(self._resource.task_result(job_id).value)
        return [entries_of_pub(one) for one in found]

    def cancel(self, job_id: VendorJobId) -> None:
        """Stop a task."""
        with told_apart():
            self._resource.task_stop(job_id)

    def properties(self) -> Mapping[str, Any] | None:
        """Return what the device says of its calibration now."""
        target = json.loads(self._resource.target().value)
        found = target.get("properties")
        return found if isinstance(found, dict) else properties_of(self.backend)

    def _logs(self, job_id: VendorJobId) -> str:
        """Return a task's logs; that there are none is no reason to ask again."""
        try:
            return str(self._resource.task_logs(job_id))
        except RuntimeError as error:
            return f"no logs: {error}"


def _name(member: Any) -> str:
    """Return the name of a member of one of QRMI's enumerations."""
    return getattr(member, "name", None) or str(member).rpartition(".")[2]
