"""Which line of a TOML text says a key: tomllib itself does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*\[(?P<array>\[)?\s*(?P<path>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*(?P<path>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")

KeyPath = tuple[str | int, ...]


def line_of_key(text: str, path: Sequence[str | int]) -> int | None:
    r"""Find the line that says a key, or else its closest parent.

    Args:
        text: A valid TOML document.
        path: The key's path; numbers count the tables of an array from 0.

    Returns:
        The line's number from 1, or ``None`` where nothing of the path is said.

    >>> line_of_key("a = 1\n[b]\nc = 2", ["b", "c"])
    3
    """
    lines = _lines_by_key(text)
    for length in range(len(path), 0, -1):
        if (line := lines.get(tuple(path[:length]))) is not None:
            return line
    return None


def _lines_by_key(text: str) -> dict[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    last_of_array: dict[KeyPath, int] = {}
    table: KeyPath = ()
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        if header := _HEADER.match(line):
            parts = _parts(header["path"])
            if header["array"]:
                table = _inside_arrays(parts[:-1], last_of_array) + parts[-1:]
                last_of_array[table] = last_of_array.get(table, -1) + 1
            table = _inside_arrays(parts, last_of_array)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            parts = _parts(key["path"])
            for end in range(1, len(parts) + 1):
                found.setdefault((*table, *parts[:end]), number)
            closing = _opened_string(line[key.end() :])
    return found


def _inside_arrays(parts: KeyPath, last_of_array: dict[KeyPath, int]) -> KeyPath:
    """Put the number of the last table of an array after each part that names an array."""
    path: KeyPath = ()
    for part in parts:
        path = (*path, part)
        if path in last_of_array:
            path = (*path, last_of_array[path])
    return path


def _parts(path: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(path))


def _opened_string(value: str) -> str | None:
    """Return the quotes that must close a multi-line string which opens in this value."""
    for quotes in ('"""', "'''"):
        if value.count(quotes) % 2:
            return quotes
    return None
