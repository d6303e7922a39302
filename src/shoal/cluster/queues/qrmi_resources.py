"""The quantum resources that Slurm gave to this job, by the environment variables of QRMI."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...primitives.errors import RequestError, UnsupportedError
from .qrmi_faults import told_apart
from .qrmi_queue import QrmiQueue

NAMES = ("QRMI_JOB_QPU_RESOURCES", "SLURM_JOB_QPU_RESOURCES")
TYPES = ("QRMI_JOB_QPU_TYPES", "SLURM_JOB_QPU_TYPES")
"""The older names come second."""

DELIMITER = "QRMI_LIST_DELIMITER"

WITH_PRIMITIVES = (
    "ibm-quantum-system",
    "ibm-quantum-compute-service",
    "qiskit-runtime-service",
    "direct-access",
)
"""Types whose tasks are IBM's primitives."""


@dataclass(frozen=True, slots=True)
class QpuResource:
    """A quantum resource of the job."""

    name: str
    type: str

    @property
    def is_usable(self) -> bool:
        """Whether its tasks are circuits for IBM's sampler."""
        return self.type in WITH_PRIMITIVES


def qpu_resources(environ: Mapping[str, str]) -> list[QpuResource]:
    """Return what Slurm's plugin says of the job's quantum resources.

    Args:
        environ: The environment.

    Raises:
        RequestError: It names more resources than types, or fewer.

    >>> qpu_resources({"SLURM_JOB_QPU_RESOURCES": "torino", "SLURM_JOB_QPU_TYPES": "pasqal-cloud"})
    [QpuResource(name='torino', type='pasqal-cloud')]
    """
    names, types = (_list(environ, keys) for keys in (NAMES, TYPES))
    if len(names) != len(types):
        raise RequestError(
            f"{NAMES[0]} names {len(names)} quantum resources ({', '.join(names)}), and"
            f" {TYPES[0]} {len(types)} types ({', '.join(types)}): expected as many"
        )
    return [QpuResource(name, kind) for name, kind in zip(names, types, strict=True)]


def qrmi_queue(name: str) -> QrmiQueue:
    """Return a quantum resource of this Slurm job: the provider of ``[queues.NAME]``.

    Args:
        name: The resource's, as ``#SBATCH --qpu`` and ``shoal doctor`` have it.

    Raises:
        UnsupportedError: There is no such resource, or QRMI is not installed.
    """
    try:
        qrmi: Any = importlib.import_module("qrmi")
    except ImportError as error:
        raise UnsupportedError("QRMI needs two packages: pip install 'shoal[qrmi,ibm]'") from error
    with told_apart(is_sent=False):
        resource = qrmi.QRMIService().resource(name)
    if resource is None:
        raise UnsupportedError(
            f"this job has no quantum resource {name!r} that is online: ask for it with"
            f" #SBATCH --qpu={name}, and drive the queues from the batch script's own step"
        )
    return QrmiQueue(resource)


def _list(environ: Mapping[str, str], keys: tuple[str, ...]) -> list[str]:
    said = next((environ[key] for key in keys if key in environ), "")
    return [one.strip() for one in said.split(environ.get(DELIMITER, ",")) if one.strip()]
