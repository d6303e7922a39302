"""How outcomes are misread: independent confusion of each measured qubit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...primitives.observables import FloatArray

Confusion = FloatArray
"""P(read | true) [2, 2], the true bit first."""


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """The confusion of every qubit."""

    default: Confusion | None
    """For qubits without their own; ``None``: read without error."""
    local: Mapping[int, Confusion]
    is_classical: bool = True
    """Whether noise on the measurement is a confusion of bits, and nothing more."""

    def of(self, qubit: int) -> Confusion | None:
        """Return a qubit's confusion; ``None`` where it is read without error."""
        return self.local.get(qubit, self.default)

    @property
    def key(self) -> tuple[object, ...]:
        """The content, hashable."""
        default = None if self.default is None else self.default.tobytes()
        return default, *sorted((qubit, one.tobytes()) for qubit, one in self.local.items())

    @property
    def is_perfect(self) -> bool:
        """Whether no qubit is misread."""
        return self.default is None and not self.local

    def over(self, kept: Sequence[int]) -> Readout:
        """Return the confusion of some qubits, numbered anew."""
        local = {new: one for new, old in enumerate(kept) if (one := self.of(old)) is not None}
        return Readout(None, local, self.is_classical)

    def confuse(self, probabilities: FloatArray, qubits: Sequence[int]) -> FloatArray:
        """Turn true into read probabilities.

        Args:
            probabilities: Outcome probabilities [R, 2**m].
            qubits: The qubit of each bit of an outcome.
        """
        for position, qubit in enumerate(qubits):
            confusion = self.of(qubit)
            if confusion is not None:
                grid = probabilities.reshape(probabilities.shape[0], -1, 2, 1 << position)
                mixed = np.empty_like(grid)
                for read in (0, 1):
                    mixed[:, :, read] = (
                        confusion[0, read] * grid[:, :, 0] + confusion[1, read] * grid[:, :, 1]
                    )
                probabilities = mixed.reshape(probabilities.shape)
        return probabilities


PERFECT_READOUT = Readout(None, {})
