"""What a noise model asks of an engine: quantum errors on gates, confusion of the readout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit_aer.noise import NoiseModel

from ...primitives.errors import UnsupportedError
from ...primitives.observables import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ReadoutConfusion:
    """Independent confusion of each qubit's outcome."""

    default: FloatArray | None
    """P(read | true) [2, 2], first axis the true bit; for qubits without their own."""
    local: Mapping[int, FloatArray]

    def of(self, qubit: int) -> FloatArray | None:
        """Return P(read | true) of a qubit; ``None`` where it is read without error."""
        return self.local.get(qubit, self.default)

    @property
    def is_trivial(self) -> bool:
        """Whether every qubit is read without error."""
        return self.default is None and not self.local

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
                mixed = np.einsum("rhtl,tm->rhml", grid, confusion)
                probabilities = mixed.reshape(probabilities.shape)
        return probabilities


def read_noise_model(asked: NoiseModel | Mapping[str, Any] | None) -> NoiseModel | None:
    """Return a noise model from what the options hold; ``None`` for an ideal one."""
    if asked is None:
        return None
    model = asked if isinstance(asked, NoiseModel) else NoiseModel.from_dict(dict(asked))
    return None if model.is_ideal() else model


def readout_confusion(model: NoiseModel | None) -> ReadoutConfusion:
    """Return a model's readout errors.

    Raises:
        UnsupportedError: An error correlates several qubits; Aer would ignore it in silence.
    """
    if model is None:
        return ReadoutConfusion(None, {})
    default = model._default_readout_error
    local: dict[int, FloatArray] = {}
    for qubits, error in model._local_readout_errors.items():
        if len(qubits) > 1:
            raise UnsupportedError(
                f"the noise model has a correlated readout error on qubits {tuple(qubits)}, which "
                "Aer would ignore: write it as a quantum error on a labelled gate before the "
                "measurement (pauli_error), or as one ReadoutError a qubit"
            )
        local[qubits[0]] = np.asarray(error.probabilities, dtype=float)
    if default is not None and np.asarray(default.probabilities).shape != (2, 2):
        raise UnsupportedError(
            f"the noise model's readout error for all qubits acts on {default.number_of_qubits} "
            "qubits at once, which Aer would ignore: give it as a ReadoutError on one qubit"
        )
    return ReadoutConfusion(
        None if default is None else np.asarray(default.probabilities, dtype=float), local
    )
