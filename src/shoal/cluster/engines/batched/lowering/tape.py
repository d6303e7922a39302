"""The tape: everything that a kernel has to know, as two arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .formulas import Formula


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A circuit with what is read from it, ready to run at any rows of parameters."""

    code: NDArray[np.int64]
    """As ``opcodes`` says."""
    numbers: NDArray[np.float64]
    """Coefficients, weights and matrices."""
    formulas: tuple[Formula, ...]
    """What is appended to the parameters."""
    num_parameters: int
    num_slots: int
    num_outputs: int
    num_vectors: int
    """Size of the workspace, in vectors of lanes."""
    batch_seconds: float
    """About how long one batch of rows takes; nothing but the number of threads depends on it."""
