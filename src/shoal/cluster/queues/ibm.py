"""IBM's devices, which take jobs through primitives only, and its sessions and batches."""

from __future__ import annotations

from typing import Any, Literal

from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from ...primitives.errors import UnsupportedError

Kind = Literal["Session", "Batch"]


def ibm_sampler(device: BackendV2, opened: object | None = None) -> BaseSamplerV2:
    """Return IBM's sampler of one of its devices.

    Args:
        device: The device.
        opened: A session or batch of IBM's on it; ``None``: each job for itself.

    Raises:
        UnsupportedError: IBM's client is not installed, or too old.
    """
    try:
        from qiskit_ibm_runtime.executor_sampler import Sampler
    except ImportError as error:
        raise _missing(device) from error
    sampler: BaseSamplerV2 = Sampler(mode=opened or device)
    return sampler


def open_at_ibm(kind: Kind, device: BackendV2, max_time: int | str | None) -> Any:
    """Open a session or a batch at IBM.

    Args:
        kind: Which.
        device: One of IBM's.
        max_time: When IBM closes it, in seconds or such as ``"2h"``; ``None``: IBM's default.

    Raises:
        UnsupportedError: IBM's client is not installed.
    """
    try:
        import qiskit_ibm_runtime
    except ImportError as error:
        raise _missing(device) from error
    return getattr(qiskit_ibm_runtime, kind)(backend=device, max_time=max_time)


def _missing(device: BackendV2) -> UnsupportedError:
    return UnsupportedError(
        f"the device {device.name} needs qiskit-ibm-runtime 0.48 or newer: pip install 'shoal[ibm]'"
    )
