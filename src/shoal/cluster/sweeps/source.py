"""A sweep file's text: parsed, overridden by ``--set``, checked against the model."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ...primitives.errors import RequestError
from .model import SweepTable
from .toml_lines import KeyPath, line_of_key

MAX_ERRORS = 5
"""How many faults of one file a message lists."""


@dataclass(frozen=True, slots=True)
class SweepSource:
    """A sweep file as it was read."""

    path: Path
    text: str
    table: SweepTable

    def fault(self, key: Sequence[str | int], message: str) -> RequestError:
        """Return an error that says where in the file it comes from.

        Args:
            key: The key path that is to blame.
            message: What was found, what was expected, what to do.

        Returns:
            The error, to be raised.
        """
        return RequestError(f"{_place(self.path, self.text, key)}{message}")

    def beside(self, path: Path) -> Path:
        """Return a path of the file as seen from the folder that the file is in."""
        return self.path.parent / path.expanduser()


def read_source(path: Path, overrides: Sequence[str] = ()) -> SweepSource:
    """Read and check a sweep file.

    Args:
        path: The TOML file.
        overrides: ``a.b=c`` each, in the order given; ``c`` is a TOML value, or else a string.

    Returns:
        The checked tables with the text that they came from.

    Raises:
        RequestError: The file cannot be read, is no TOML, or says what the model does not know.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: cannot read the sweep file: {error}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{path}: not valid TOML: {error}") from error
    for override in overrides:
        _override(document, override)
    try:
        # Strictly, but by JSON's rules: strings may become paths, lists may become tuples.
        table = SweepTable.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        raise RequestError("\n".join(_faults(path, text, document, error))) from error
    return SweepSource(path, text, table)


def nested_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """Read overrides as one nested mapping.

    Args:
        overrides: ``a.b=c`` each; ``c`` is a TOML value, or else a string.

    Raises:
        RequestError: One of them is none.
    """
    document: dict[str, Any] = {}
    for override in overrides:
        _override(document, override)
    return document


def _override(document: dict[str, Any], assignment: str) -> None:
    name, equals, value = assignment.partition("=")
    if not equals or not name.strip():
        raise RequestError(f"--set {assignment}: expected KEY=VALUE, as in --set report.kind=table")
    try:
        parsed = tomllib.loads(f"{name} = {value}")
    except tomllib.TOMLDecodeError:
        try:
            parsed = tomllib.loads(f"{name} = {json.dumps(value)}")
        except tomllib.TOMLDecodeError as error:
            raise RequestError(
                f"--set {assignment}: {name!r} is not a key path: {error}"
            ) from error
    _merge(document, parsed, assignment)


def _merge(target: dict[str, Any], parsed: dict[str, Any], assignment: str) -> None:
    """Follow the one path of an override into a document and set what is at its end."""
    here: Any = target
    while True:
        (key, value), *_ = parsed.items()
        place: Any = int(key) if isinstance(here, list) and key.isdigit() else key
        is_last = not (isinstance(value, dict) and len(value) == 1)
        if isinstance(here, list) and not (isinstance(place, int) and place < len(here)):
            raise RequestError(
                f"--set {assignment}: found {key!r}, expected a number below {len(here)}"
            )
        if is_last:
            here[place] = value
            return
        inner = here[place] if isinstance(here, list) else here.get(place)
        if not isinstance(inner, dict | list):
            here[place] = value
            return
        here, parsed = inner, value


def _faults(
    path: Path, text: str, document: dict[str, Any], error: ValidationError
) -> Iterator[str]:
    details = error.errors(include_url=False)
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    for detail in details[:MAX_ERRORS]:
        key, found = _resolve(document, detail["loc"])
        if detail["type"] == "extra_forbidden":
            key = (*key, detail["loc"][-1]) if key[-1:] != detail["loc"][-1:] else key
            message = _unknown_key(key)
        elif detail["type"] == "missing" and isinstance(detail["loc"][-1], str):
            message = f"missing key {detail['loc'][-1]!r}"
        elif detail["type"] in ("missing", "unexpected_positional_argument", "too_long"):
            message = f"found {found!r}; expected another number of values"
        elif detail["type"] == "value_error":
            message = str(detail["ctx"]["error"])
        else:
            message = f"found {found!r}; {_lower_first(detail['msg'])}"
        yield f"{_place(path, text, key)}{message}"
    if len(details) > MAX_ERRORS:
        yield f"... and {len(details) - MAX_ERRORS} more"


def _resolve(document: Any, location: Sequence[str | int]) -> tuple[KeyPath, Any]:
    """Follow an error's location as far as the document goes."""
    key: KeyPath = ()
    for part in location:
        is_there = isinstance(document, dict) and part in document
        is_there |= isinstance(document, list) and isinstance(part, int) and part < len(document)
        if not is_there:
            break
        document, key = document[part], (*key, part)
    return key, document


def _unknown_key(key: KeyPath) -> str:
    known = sorted(_known_keys(SweepTable, key[:-1]))
    close = difflib.get_close_matches(str(key[-1]), known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"unknown key {str(key[-1])!r}{hint}; known keys: {', '.join(known)}"


def _known_keys(model: type[BaseModel], path: KeyPath) -> set[str]:
    """Return the keys of the table at a path: models nest in fields, dictionaries and lists."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _nested_model(model.model_fields[part].annotation) or model
    return set(model.model_fields)


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _nested_model(argument):
            return found
    return None


def _place(path: Path, text: str, key: Sequence[str | int]) -> str:
    line = line_of_key(text, key)
    return f"{path}{f':{line}' if line else ''}: {_key_text(key)}: " if key else f"{path}: "


def _key_text(key: Sequence[str | int]) -> str:
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
