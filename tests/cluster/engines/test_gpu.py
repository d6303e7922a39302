"""What is asked of a GPU is refused where it cannot be done, with what could do it."""

from pathlib import Path

import pytest

from shoal.cluster.engines import gpu
from shoal.primitives.errors import UnsupportedError


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A node whose GPUs have 16 GiB each, as an nvidia-smi on PATH says."""
    script = tmp_path / "nvidia-smi"
    script.write_text('#!/bin/sh\necho "$@" >> "$0.log"\necho 16384\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    gpu.gpu_bytes.cache_clear()
    yield tmp_path / "nvidia-smi.log"
    gpu.gpu_bytes.cache_clear()


def test_memory_is_asked_of_the_gpu_that_is_used(smi):
    assert gpu.gpu_bytes("GPU-3f1a") == 16 << 30
    assert smi.read_text().strip().endswith("-i GPU-3f1a")


def test_memory_is_unknown_where_nobody_says(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    gpu.gpu_bytes.cache_clear()
    assert gpu.gpu_bytes("7") is None
    gpu.gpu_bytes.cache_clear()


@pytest.mark.parametrize(
    ("method", "width", "precision", "fits"),
    [
        ("statevector", 30, "double", True),
        ("statevector", 31, "double", False),
        ("statevector", 31, "single", True),
        ("density_matrix", 16, "double", False),
        ("tensor_network", 60, "double", True),
    ],
)
def test_states_that_do_not_fit_a_gpu_are_refused(smi, monkeypatch, method, width, precision, fits):
    # Whether this machine's Aer has a GPU is not what is asked here.
    monkeypatch.setattr(gpu, "_aer_has_gpu", lambda: True)
    if fits:
        gpu.check_gpu("0", method, width, precision)
        return
    with pytest.raises(UnsupportedError, match=rf"{width} qubits need .* the GPU has 16 GiB; dev"):
        gpu.check_gpu("0", method, width, precision)
