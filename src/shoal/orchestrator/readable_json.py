"""JSON that people can read and that a hundred thousand pubs do not slow down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

_encode = json.JSONEncoder(allow_nan=False).encode


def readable(document: Document) -> str:
    """Write a document with one line for each key, and for each entry of a list.

    Args:
        document: Anything that JSON can say.

    Returns:
        Its text; short mappings inside are indented in the usual way.

    Raises:
        TypeError: JSON cannot say it.
        ValueError: It holds a number that is none.
    """
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            entries = ",\n    ".join(map(_encode, value))
            text = f"[\n    {entries}\n  ]"
        else:
            text = json.dumps(value, allow_nan=False, indent=2).replace("\n", "\n  ")
        lines.append(f"  {_encode(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
