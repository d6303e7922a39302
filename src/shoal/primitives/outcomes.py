"""What an engine brings back for one block: raw shots, exact values, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observables import FloatArray
from .workload import IntArray

PackedBits = NDArray[np.uint8]
"""Shots [N, ceil(bits / 8)], exactly the bytes of Qiskit's ``BitArray``."""

RegisterName = str

MEASURED_REGISTER: RegisterName = "meas"
"""The register of an estimator's shots: bit k is the k-th measured qubit of the variant's basis."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotRows:
    """Raw shots of one variant, sorted by row."""

    variant: int
    rows: IntArray
    """The program's row of each entry [N], rising."""
    bits: Mapping[RegisterName, PackedBits]
    """One array [N, bytes] a classical register."""
    counts: IntArray | None = None
    """How many shots each entry [N] stands for; ``None``: one each."""


@dataclass(frozen=True, slots=True, eq=False)
class ValueRows:
    """Exact expectation values of one variant's terms."""

    variant: int
    rows: IntArray
    """The program's row of each entry [R], rising."""
    values: FloatArray
    """One value a term [R, T], in the order of the variant's terms."""


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """Which engine ran a block, and why that one."""

    engine: str
    method: str
    device: str = "CPU"
    reason: str = ""
    taken: str = ""
    """When a device took the shots, UTC, ISO 8601; empty where that makes no difference."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockOutcome:
    """Everything that one execution of a block brought back."""

    block: int
    record: EngineRecord
    shots: tuple[ShotRows, ...] = ()
    values: tuple[ValueRows, ...] = ()
