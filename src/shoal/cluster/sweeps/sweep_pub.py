"""One pub of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives.containers.observables_array import ObservablesArray

from .labels import PubLabels


@dataclass(frozen=True, slots=True, eq=False)
class SweepPub:
    """One pub of a sweep, ready for a primitive."""

    circuit: QuantumCircuit
    parameters: NDArray[np.float64]
    """Values [*shape, P], in the circuit's own order."""
    observables: ObservablesArray | None
    precision: float | None
    shots: int | None
    labels: PubLabels
    engine: str | None = None
    """Where there are several."""

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the pub as ``Estimator.run`` or ``Sampler.run`` takes it."""
        if self.observables is None:
            return (self.circuit, self.parameters, self.shots)
        return (self.circuit, self.observables, self.parameters, self.precision)
