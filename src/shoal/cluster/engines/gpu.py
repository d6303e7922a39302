"""Whether the GPU of this process can run what was asked of it: known only where it is used."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from qiskit_aer import AerSimulator

from ...primitives.errors import UnsupportedError
from .methods import size_text, state_bytes

_PATIENCE_SECONDS = 20.0


def check_gpu(gpu: str | None, method: str, width: int, precision: str) -> None:
    """Refuse what no GPU here can run.

    Args:
        gpu: The one that this process uses, as ``CUDA_VISIBLE_DEVICES`` names it; ``None``: Aer's
            first.
        method: Aer's method.
        width: Qubits that matter.
        precision: Of amplitudes.

    Raises:
        UnsupportedError: Aer has no GPU here, or the state does not fit its memory; the message
            says what could run it.
    """
    if not _aer_has_gpu():
        raise UnsupportedError(
            "device 'GPU' was asked for, and Aer finds none here: either it was built without GPU "
            "support (qiskit-aer-gpu has it, see docs/dependencies.md) or no GPU is visible; use "
            "device 'CPU', or workers with GPUs"
        )
    needed, memory = state_bytes(method, width, precision), gpu_bytes(gpu or "0")
    if memory is not None and needed > memory:
        raise UnsupportedError(
            f"{width} qubits need {size_text(needed)} as a {method.replace('_', ' ')}; the GPU has "
            f"{size_text(memory)}; device 'CPU' with more memory, precision 'single' or engine "
            "'aer_mpi' could"
        )


@cache
def gpu_bytes(gpu: str) -> int | None:
    """Return the memory of a GPU; ``None`` where nobody says.

    Args:
        gpu: Its number or its identifier.
    """
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits", "-i", gpu]
    try:
        asked = subprocess.run(
            query, capture_output=True, text=True, check=True, timeout=_PATIENCE_SECONDS
        )
        return int(asked.stdout.strip()) << 20
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


@cache
def _aer_has_gpu() -> bool:
    return "GPU" in AerSimulator().available_devices()
