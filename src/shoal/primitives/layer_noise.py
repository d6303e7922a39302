"""Known noise of layers of two-qubit gates, as a user gives it or a learning job stored it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import OptionError

Gate = tuple[str, tuple[int, ...]]
"""A gate's name and its qubits."""


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """The Pauli-Lindblad noise that follows gates which run at the same time."""

    gates: frozenset[Gate]
    """One gate, or all gates of a layer."""
    generators: tuple[tuple[str, tuple[int, ...]], ...]
    """Paulis and the qubits that they act on, such as ``("XZ", (0, 3))``: X on 0, Z on 3."""
    rates: tuple[float, ...]

    def to_mapping(self) -> dict[str, Any]:
        """Write the noise as a JSON-able mapping, the same for equal noise."""
        return {
            "gates": [[name, list(qubits)] for name, qubits in sorted(self.gates)],
            "generators": [[paulis, list(qubits)] for paulis, qubits in self.generators],
            "rates": list(self.rates),
        }


def layer_noise(value: Mapping[str, Any]) -> LayerNoise:
    """Read one layer's noise.

    Args:
        value: ``{"gates": [["cx", [0, 1]]], "generators": [["XX", [0, 1]]], "rates": [0.01]}``.

    Raises:
        OptionError: Something is missing, or does not fit.
    """
    try:
        gates = frozenset((str(name), tuple(map(int, qubits))) for name, qubits in value["gates"])
        generators = tuple(
            (str(paulis), tuple(map(int, qubits))) for paulis, qubits in value["generators"]
        )
        rates = tuple(map(float, value["rates"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _refusal(value, f"cannot be read ({error!r})") from error
    if len(generators) != len(rates):
        raise _refusal(value, f"has {len(generators)} generators and {len(rates)} rates")
    if not gates:
        raise _refusal(value, "names no gate")
    for paulis, qubits in generators:
        if len(paulis) != len(qubits) or set(paulis) - set("XYZ") or len(set(qubits)) < len(qubits):
            raise _refusal(value, f"has the generator {paulis!r} on qubits {list(qubits)}")
    if not all(0 <= rate < np.inf for rate in rates):
        raise _refusal(value, "has a rate that is negative or not finite")
    return LayerNoise(gates, generators, rates)


def _refusal(value: object, why: str) -> OptionError:
    return OptionError(
        f"option resilience.layer_noise_model: an entry {why}: found {value!r}, expected "
        '{"gates": [["cx", [0, 1]]], "generators": [["XX", [0, 1]], ["Z", [1]]], "rates": [...]}'
    )
