"""JSON that people can read and that a hundred thousand pubs do not slow down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

Document = Mapping[str, Any]


def readable(document: Document, *, allow_nan: bool = False) -> str:
    """Write a document with one line for each key, and for each entry of a list.

    Args:
        document: Anything that JSON can say; NumPy's numbers and arrays as it says Python's.
        allow_nan: Whether NaN and infinities are written, which not every reader takes.

    Returns:
        Its text; short mappings inside are indented in the usual way.

    Raises:
        TypeError: JSON cannot say it.
        ValueError: It holds a number that is none.
    """
    encode = json.JSONEncoder(allow_nan=allow_nan, default=_plain).encode
    indented = json.JSONEncoder(allow_nan=allow_nan, default=_plain, indent=2).encode
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            entries = ",\n    ".join(map(encode, value))
            text = f"[\n    {entries}\n  ]"
        else:
            text = indented(value).replace("\n", "\n  ")
        lines.append(f"  {encode(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: object) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r} cannot be written as JSON")
