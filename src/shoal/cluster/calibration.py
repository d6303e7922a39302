"""How fast this machine is: a short measurement, kept in a file, measured again if in doubt.

It predicts times and sizes the first shards. It never has a say in what runs where, so that the
same request runs alike on every machine.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from ..orchestrator.paces import Kind, Paces
from ..orchestrator.policies import Policy
from ..orchestrator.ports import Slot
from ..primitives.errors import RequestError
from ..primitives.expansion import expand
from ..primitives.options import EstimatorOptions
from ..primitives.pubs import estimator_request
from ..primitives.request import Request
from ..primitives.workload import Workload
from .cache_folder import cache_folder
from .engines.choice import choose, make_engine

MEASURED_SECONDS = 0.05
"""Of each kind: the fastest of a few runs that take so long together."""

MIN_RUNS = 2

_PACKAGES = ("shoal", "numpy", "numba", "qiskit-aer")

_SAMPLES = (
    # Qubits, parameter sets, precision, method.
    (8, 512, 0.0, "statevector"),
    (6, 64, 0.0, "density_matrix"),
    (17, 1, 0.0, "statevector"),
    (24, 1, 0.1, "matrix_product_state"),
    (24, 64, 0.0, "matrix_product_state"),
)


def remembered(folder: Path) -> Paces | None:
    """Return what was measured on this machine before.

    Args:
        folder: The cache folder.

    Returns:
        The paces; ``None`` where there are none, or those of another machine or version.
    """
    try:
        found = Paces.from_json(_file(folder).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found if found is not None and found.machine == machine() else None


def paces(folder: Path) -> Paces:
    """Return what was measured on this machine, now if need be.

    Args:
        folder: The cache folder; that it cannot be written is no reason to fail.
    """
    return remembered(folder) or measured(folder)


def measured(folder: Path) -> Paces:
    """Measure this machine, about half a second, and remember it.

    Args:
        folder: The cache folder; that it cannot be written is no reason to fail.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = Paces(machine(), now, dict(_measure()))
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix="paces-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(found.to_json())
        Path(name).replace(_file(folder))
    return found


def with_guess(policy: Policy, request: Request, workload: Workload) -> Policy:
    """Return a policy whose first shards are sized by what was measured on this machine before.

    Args:
        policy: Its own guess stands.
        request: What is to run.
        workload: Its expansion.
    """
    if policy.guess.is_known or (found := remembered(cache_folder())) is None:
        return policy
    try:
        kinds = kinds_of(request, workload)
    except RequestError:
        # Workers may have engines of another kind, about which nothing was measured.
        return policy
    return replace(policy, guess=found.guess(workload, kinds))


def kinds_of(request: Request, workload: Workload) -> list[Kind]:
    """Return what runs each program of a workload."""
    choices = (choose(request, workload, program) for program in workload.programs)
    return [f"{choice.engine}, {choice.method}" for choice in choices]


@cache
def machine() -> str:
    """Say what a measurement depends on: the processor, the cores, the versions."""
    processor = platform.processor()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        processor = next(names, processor)
    packages = " ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return f"{processor}, {os.cpu_count()} cores, {packages}"


def _file(folder: Path) -> Path:
    """Name the file after the machine: a home folder is shared by many."""
    digest = hashlib.sha256(machine().encode()).hexdigest()[:16]
    return folder / f"paces-{digest}.json"


def _measure() -> Iterator[tuple[Kind, float]]:
    for num_qubits, rows, precision, method in _SAMPLES:
        request = _request(num_qubits, rows, precision, method)
        workload = expand(request)
        # What cannot be measured here cannot be run here either, and is predicted by the others.
        with suppress(RequestError):
            (kind,) = kinds_of(request, workload)
            yield kind, _seconds(request, workload) / (rows * workload.costs[0].row_seconds())


def _request(num_qubits: int, rows: int, precision: float, method: str) -> Request:
    angles = ParameterVector("a", 3 * num_qubits)
    circuit = QuantumCircuit(num_qubits)
    for layer in range(3):
        for qubit in range(num_qubits):
            circuit.ry(angles[layer * num_qubits + qubit], qubit)
        for qubit in range(layer % 2, num_qubits - 1, 2):
            circuit.cx(qubit, qubit + 1)
    values = np.linspace(0.1, 3.0, rows * len(angles)).reshape(rows, -1)
    options = EstimatorOptions().updated({"seed": 1, "simulator": {"method": method}})
    return estimator_request([(circuit, "Z" * num_qubits, values)], precision, options)


def _seconds(request: Request, workload: Workload) -> float:
    """Return the shortest time that all blocks took, on one core."""
    engine = make_engine(request, workload, Slot(threads=1))
    engine.run(workload.blocks[0])
    shortest, spent, runs = np.inf, 0.0, 0
    while runs < MIN_RUNS or spent < MEASURED_SECONDS:
        began = time.perf_counter()
        for block in workload.blocks:
            engine.run(block)
        taken = time.perf_counter() - began
        shortest, spent, runs = min(shortest, taken), spent + taken, runs + 1
    return float(shortest)
