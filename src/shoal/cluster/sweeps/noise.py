"""``options.simulator.noise_model`` of a sweep file: TOML has no noise models, Python has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .functions import call_function

_KEYS = {"function", "arguments"}


def with_noise_model(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Replace the table that names a noise model by the model.

    Args:
        options: The ``[options]`` section.
        folder: The sweep file's folder, where the function's module may be.

    Returns:
        The options, with ``simulator.noise_model`` as a qiskit-aer ``NoiseModel``.

    Raises:
        ValueError: The table is not ``{ function = "module:function", arguments = { ... } }``, or
            the function failed.
    """
    simulator = options.get("simulator")
    if not isinstance(simulator, dict) or simulator.get("noise_model") is None:
        return options
    said = simulator["noise_model"]
    table = {"function": said} if isinstance(said, str) else said
    if not isinstance(table, dict) or not {"function"} <= set(table) <= _KEYS:
        raise ValueError(
            f'found {said!r}, expected {{ function = "module:function", arguments = {{ ... }} }}'
        )
    model = call_function(str(table["function"]), table.get("arguments", {}), folder)
    return {**options, "simulator": {**simulator, "noise_model": model}}
