"""Frozen groups of options that nest, are checked at birth, and are written as plain mappings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

from .errors import OptionError
from .layer_noise import LayerNoise
from .noise import NoiseModelLike, StoredNoise, noise_mapping
from .option_checks import refuse


@dataclass(frozen=True, kw_only=True)
class OptionGroup:
    """Base of every group; a subclass declares its fields with `option` and `group`."""

    PATH: ClassVar[str] = ""
    """Where the group sits below its root, dotted; empty for a root."""

    def __post_init__(self) -> None:
        for one in fields(self):
            checked = one.metadata["check"](self._dotted(one.name), getattr(self, one.name))
            object.__setattr__(self, one.name, checked)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the group's options, in the order of their declaration."""
        return tuple(one.name for one in fields(cls))

    @classmethod
    def coerce(cls, value: Any = None) -> Self:
        """Take a group as it is, or make it of a mapping.

        Args:
            value: The group, a mapping of some of its options (groups as mappings again), or
                ``None`` for the defaults.

        Raises:
            OptionError: An option is not known, or cannot take its value.
            TypeError: The value is neither.
        """
        value = getattr(value, "frozen", value)
        if isinstance(value, cls):
            return value
        return cls().updated({} if value is None else value)

    def updated(self, changes: Any) -> Self:
        """Return a copy with some options changed, those inside nested groups one by one.

        Args:
            changes: A mapping of names to values or to mappings.

        Raises:
            OptionError: An option is not known, or cannot take its value.
            TypeError: The changes are no mapping.
        """
        changes = getattr(changes, "frozen", changes)
        if not isinstance(changes, Mapping):
            where = f"the options {self.PATH}" if self.PATH else "options"
            raise TypeError(
                f"{where} must be a mapping or {type(self).__name__}, not {type(changes).__name__}"
            )
        merged: dict[str, Any] = {}
        for name, value in changes.items():
            self._require(name)
            held = getattr(self, name)
            is_nested = isinstance(held, OptionGroup) and isinstance(value, Mapping)
            merged[name] = held.updated(value) if is_nested else value
        return replace(self, **merged)

    def replaced(self, path: str, value: Any) -> Self:
        """Return a copy with one option changed.

        Args:
            path: Its dotted name, such as ``resilience.zne.extrapolator``.
            value: Its new value.

        Raises:
            OptionError: The option is not known, or cannot take the value.
        """
        name, _, rest = path.partition(".")
        self._require(name)
        held = getattr(self, name)
        if not rest:
            return self.updated({name: value})
        if not isinstance(held, OptionGroup):
            raise OptionError(f"option {self._dotted(name)} is no group: it has no {rest!r}")
        return self.updated({name: held.replaced(rest, value)})

    def at(self, path: str) -> Any:
        """Return the option of a dotted name.

        Raises:
            OptionError: There is none.
        """
        name, _, rest = path.partition(".")
        self._require(name)
        held = getattr(self, name)
        return held.at(rest) if rest else held

    def to_mapping(self) -> dict[str, Any]:
        """Write every option, said or not, as a JSON-able mapping."""
        return {one.name: _written(getattr(self, one.name)) for one in fields(self)}

    def to_changes(self) -> dict[str, Any]:
        """Write the options that differ from their defaults, as a JSON-able mapping."""
        return _differences(self.to_mapping(), type(self)().to_mapping())

    def _require(self, name: object) -> None:
        known = self.names()
        if name in known:
            return
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        where = f"in {self.PATH}" if self.PATH else f"of {type(self).__name__}"
        raise OptionError(f"unknown option {str(name)!r} {where}{hint}; known: {', '.join(known)}")

    @classmethod
    def _dotted(cls, name: str) -> str:
        return f"{cls.PATH}.{name}" if cls.PATH else name


def group(kind: type[OptionGroup]) -> Any:
    """Declare a nested group as a dataclass field."""

    def check(path: str, value: Any) -> OptionGroup:
        value = getattr(value, "frozen", value)
        if not isinstance(value, kind | Mapping):
            raise refuse(path, value, f"a mapping or {kind.__name__}")
        return kind.coerce(value)

    return field(default_factory=kind, metadata={"check": check})


def _written(value: Any) -> Any:
    if isinstance(value, OptionGroup):
        return value.to_mapping()
    if isinstance(value, LayerNoise):
        return value.to_mapping()
    if isinstance(value, tuple):
        return [_written(member) for member in value]
    if isinstance(value, NoiseModelLike | StoredNoise):
        return noise_mapping(value)
    return value


def _differences(ours: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in ours.items():
        default = defaults[name]
        if value == default:
            continue
        is_group = isinstance(value, Mapping) and isinstance(default, Mapping)
        found[name] = _differences(value, default) if is_group else value
    return found
