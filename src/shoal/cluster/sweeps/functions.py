"""``module:function`` of a sweep file: the user's own Python."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def call_function(spec: str, arguments: Mapping[str, Any], folder: Path) -> Any:
    """Import a function and call it.

    Args:
        spec: ``module:function``; the module is looked up on Python's path, then in the folder.
        arguments: Keyword arguments.
        folder: The sweep file's folder.

    Returns:
        What the function returns.

    Raises:
        ValueError: The spec leads to no function, or the function raised.
    """
    module_name, colon, name = spec.partition(":")
    if not colon or not module_name or not name:
        raise ValueError(f"found {spec!r}, expected 'module:function'")
    with _importable(folder):
        try:
            function = getattr(importlib.import_module(module_name), name)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"{spec!r} leads nowhere: {error}") from error
        try:
            return function(**arguments)
        except Exception as error:
            raise ValueError(f"{spec!r} raised {type(error).__name__}: {error}") from error


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    path = str(folder.resolve())
    sys.path.append(path)
    try:
        yield
    finally:
        sys.path.remove(path)
