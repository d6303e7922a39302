"""A noise model in canonical form, read without importing the simulator that it belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

IDEAL_LABEL = "shoal:ideal"
"""The label of gates that no noise follows: noise is looked up by a label where there is one."""


@runtime_checkable
class NoiseModelLike(Protocol):
    """What Shoal reads of qiskit-aer's ``NoiseModel``."""

    def to_dict(self, serializable: bool = False) -> dict[str, Any]:
        """Return the errors as a mapping."""
        ...


@dataclass(frozen=True, slots=True)
class StoredNoise:
    """A noise model as it was written down; the engine that simulates it makes the model again."""

    text: str
    """Canonical JSON of `noise_mapping`."""

    @property
    def mapping(self) -> dict[str, Any]:
        """What `noise_mapping` returned for the model."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def noise_mapping(model: NoiseModelLike | StoredNoise) -> dict[str, Any]:
    """Write a noise model as a JSON-able mapping, the same for equal models.

    Args:
        model: A qiskit-aer ``NoiseModel``, or one that was written down before.

    Returns:
        ``errors`` as the model's own ``to_dict`` gives them, without their random identifiers;
        ``basis_gates``, which that leaves out although they decide what a circuit is translated
        to; and ``passes``, the noise that is inserted by transpiler passes (relaxation in delays).
    """
    if isinstance(model, StoredNoise):
        return model.mapping
    errors = model.to_dict(serializable=True).get("errors", [])
    passes = getattr(model, "_custom_noise_passes", [])
    return {
        "errors": [{k: v for k, v in error.items() if k != "id"} for error in errors],
        "basis_gates": sorted(getattr(model, "basis_gates", [])),
        "passes": [_pass_mapping(one) for one in passes],
    }


def noisy_instructions(model: NoiseModelLike | StoredNoise | None) -> frozenset[str]:
    """Return the names and labels of instructions that a noise model adds an error to.

    Args:
        model: A noise model. Errors of the readout alone are none of an instruction.
    """
    if model is None:
        return frozenset()
    mapping = noise_mapping(model)
    found = {
        name
        for error in mapping["errors"]
        if error.get("type") != "roerror"
        for name in error.get("operations", [])
    }
    return frozenset(found | ({"delay"} if mapping["passes"] else set())) - {"measure"}


def has_readout_errors(model: NoiseModelLike | StoredNoise | None) -> bool:
    """Return whether a noise model has any error of a measurement."""
    if model is None:
        return False
    return any(
        error.get("type") == "roerror" or "measure" in error.get("operations", [])
        for error in noise_mapping(model)["errors"]
    )


def stored_noise(mapping: dict[str, Any]) -> StoredNoise:
    """Hold a written noise model as a small frozen value."""
    return StoredNoise(json.dumps(mapping, sort_keys=True))


def _pass_mapping(noise_pass: object) -> dict[str, Any]:
    """Name a pass and the numbers that it was made with."""
    numbers = {
        name.strip("_"): np.asarray(value).tolist()
        for name, value in vars(noise_pass).items()
        if isinstance(value, float | int | np.ndarray)
    }
    return {"pass": type(noise_pass).__name__, **numbers}
