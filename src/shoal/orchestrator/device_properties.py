"""What devices said of their calibration when shots were taken: files beside the shots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .durable import make_folder, write_whole

PROPERTIES_NAME = "devices"
"""The folder in a job's folder."""


def keep_properties(folder: Path, queue: str, properties: Mapping[str, Any]) -> str:
    """Keep a device's properties, once each time that they are others.

    Args:
        folder: The job's folder.
        queue: The device's name among the job's queues.
        properties: What JSON can hold.

    Returns:
        The file's name in the folder ``devices``: it names the content.

    Raises:
        StoreError: The folder cannot be written.
    """
    content = json.dumps(properties, sort_keys=True, indent=1).encode() + b"\n"
    name = f"{queue}-{hashlib.sha256(content).hexdigest()[:12]}.json"
    path = folder / PROPERTIES_NAME / name
    if not path.exists():
        make_folder(path.parent)
        write_whole(path, content)
    return name
