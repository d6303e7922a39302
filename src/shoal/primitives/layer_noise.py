"""Known noise of layers of two-qubit gates, as a user gives it or a learning job stored it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import OptionError

LAYER_NOISE_SCHEMA = 2
"""Of what a noise learner writes: 2 has the deviations of rates; what has no number is the first,
whose rates are taken as they are."""

Gate = tuple[str, tuple[int, ...]]
"""A gate's name and its qubits."""


Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class RateDeviations:
    """What independent sources of error, one standard deviation of each, move K rates by.

    Rows of zeros at their end are cut short. The covariance of the rates is that of ``own`` and of
    ``common`` together, each the product of its rows with one another.
    """

    own: Rows = ()
    """By sources that no other layer shares [K, up to K]."""
    common: Rows = ()
    """By those of the readout's calibration, the same ones in the same order in all layers whose
    noise was learnt with it [K, D]."""
    calibration: str = ""
    """What names that calibration."""

    def to_mapping(self) -> dict[str, Any]:
        """Write the deviations as a JSON-able mapping."""
        return {
            "own": [list(row) for row in self.own],
            "common": [list(row) for row in self.common],
            "calibration": self.calibration,
        }


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """The Pauli-Lindblad noise that follows gates which run at the same time."""

    gates: frozenset[Gate]
    """One gate, or all gates of a layer."""
    generators: tuple[tuple[str, tuple[int, ...]], ...]
    """Paulis and the qubits that they act on, such as ``("XZ", (0, 3))``: X on 0, Z on 3."""
    rates: tuple[float, ...]
    deviations: RateDeviations | None = None
    """The errors of the rates; ``None``: the rates are taken as they are."""

    def to_mapping(self) -> dict[str, Any]:
        """Write the noise as a JSON-able mapping, the same for equal noise."""
        written: dict[str, Any] = {
            "gates": [[name, list(qubits)] for name, qubits in sorted(self.gates)],
            "generators": [[paulis, list(qubits)] for paulis, qubits in self.generators],
            "rates": list(self.rates),
        }
        if self.deviations is not None:
            written["deviations"] = self.deviations.to_mapping()
        return written


def layers_written(document: Any) -> list[Any]:
    """Return the layers that a noise learner wrote down.

    Args:
        document: What was read of its JSON.

    Raises:
        ValueError: It is of a newer Shoal, or no such document.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("layer_noise_model"), list):
        raise ValueError("expected a JSON object with a list 'layer_noise_model'")
    if (found := document.get("schema", 1)) not in (1, LAYER_NOISE_SCHEMA):
        raise ValueError(
            f"learnt noise of version {found} of the format; this Shoal reads 1 and "
            f"{LAYER_NOISE_SCHEMA}: learn the noise again, or take the Shoal that it comes from"
        )
    layers: list[Any] = document["layer_noise_model"]
    return layers


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
        said = value.get("deviations")
        deviations = None if said is None else _deviations(said)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
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
    if deviations is not None:
        _check_deviations(value, deviations, len(rates))
    return LayerNoise(gates, generators, rates, deviations)


def _deviations(value: Mapping[str, Any]) -> RateDeviations:
    own, common = (
        tuple(tuple(map(float, row)) for row in value.get(name, ())) for name in ("own", "common")
    )
    return RateDeviations(own, common, str(value.get("calibration", "")))


def _check_deviations(value: object, deviations: RateDeviations, count: int) -> None:
    for name, rows in (("own", deviations.own), ("common", deviations.common)):
        if rows and len(rows) != count:
            raise _refusal(value, f"has {count} rates and {len(rows)} rows of {name!r} deviations")
        if not all(np.isfinite(number) for row in rows for number in row):
            raise _refusal(value, f"has {name!r} deviations that are not finite")
    if any(deviations.common) and not deviations.calibration:
        raise _refusal(value, "has 'common' deviations, and no 'calibration' that they are of")


def _refusal(value: object, why: str) -> OptionError:
    return OptionError(
        f"option resilience.layer_noise_model: an entry {why}: found {value!r}, expected "
        '{"gates": [["cx", [0, 1]]], "generators": [["XX", [0, 1]], ["Z", [1]]], "rates": [...]}'
    )
