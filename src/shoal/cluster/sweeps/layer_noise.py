"""``options.resilience.layer_noise_model`` of a sweep file: the name of a file of learnt noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...primitives.layer_noise import layers_written


def with_layer_noise(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Replace the name of a file by the noise that it holds.

    Args:
        options: The ``[options]`` section.
        folder: The sweep file's folder, which the name is relative to.

    Returns:
        The options, with ``resilience.layer_noise_model`` as a list of layers.

    Raises:
        ValueError: The file cannot be read, or is not what a noise learner wrote.
    """
    resilience = options.get("resilience")
    if not isinstance(resilience, dict):
        return options
    said = resilience.get("layer_noise_model")
    if not isinstance(said, str):
        return options
    path = folder / said
    try:
        layers = layers_written(json.loads(path.read_bytes()))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is not what a noise learner writes: {error}") from error
    return {**options, "resilience": {**resilience, "layer_noise_model": layers}}
