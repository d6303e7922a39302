"""What an option may be: checks at birth, with messages in the user's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from numbers import Integral, Real
from typing import Any

import numpy as np

from .errors import OptionError
from .layer_noise import LayerNoise, layer_noise
from .noise import NoiseModelLike, StoredNoise, stored_noise

Check = Callable[[str, Any], Any]
"""Takes an option's dotted path and a value; returns the canonical value, or raises."""


def option(default: Any, check: Check) -> Any:
    """Declare an option as a dataclass field.

    Args:
        default: Its value when nothing is said.
        check: Run at birth on whatever is given.
    """
    return field(default=default, metadata={"check": check})


def refuse(path: str, value: object, expected: str) -> OptionError:
    """Say that an option cannot take a value."""
    return OptionError(f"option {path}: found {value!r}, expected {expected}")


def flag(path: str, value: Any) -> bool:
    """Take True or False."""
    if not isinstance(value, bool | np.bool_):
        raise refuse(path, value, "True or False")
    return bool(value)


def text(path: str, value: Any) -> str:
    """Take a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise refuse(path, value, "a name")
    return value


def whole(minimum: int, limit: int | None = None) -> Check:
    """Take integers from a minimum to below a limit."""

    def check(path: str, value: Any) -> int:
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not is_whole or value < minimum or (limit is not None and value >= limit):
            below = "" if limit is None else f" and below {limit}"
            raise refuse(path, value, f"an integer of at least {minimum}{below}")
        return int(value)

    return check


def real(minimum: float) -> Check:
    """Take finite real numbers from a minimum."""

    def check(path: str, value: Any) -> float:
        is_real = isinstance(value, Real) and not isinstance(value, bool)
        if not is_real or not minimum <= value < np.inf:
            raise refuse(path, value, f"a finite number of at least {minimum:g}")
        return float(value)

    return check


def share(path: str, value: Any) -> float:
    """Take numbers between 0 and 1, ends excluded."""
    found: float = real(0.0)(path, value)
    if not 0.0 < found < 1.0:
        raise refuse(path, value, "a number between 0 and 1")
    return found


def one_of(*names: str) -> Check:
    """Take one of some names."""

    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise refuse(path, value, "one of " + ", ".join(map(repr, names)))
        return value

    return check


def maybe(check: Check) -> Check:
    """Take None, "not said", as well."""
    return lambda path, value: None if value is None else check(path, value)


def auto_or(check: Check) -> Check:
    """Take "auto" as well."""

    def widened(path: str, value: Any) -> Any:
        if isinstance(value, str):
            if value != "auto":
                raise refuse(path, value, '"auto" or a number')
            return value
        return check(path, value)

    return widened


def several(check: Check) -> Check:
    """Take a sequence of at least one; one alone is a sequence of one."""

    def checked(path: str, value: Any) -> tuple[Any, ...]:
        is_one = isinstance(value, str) or not isinstance(value, Sequence | np.ndarray)
        members = (value,) if is_one else tuple(value)
        if not members:
            raise refuse(path, value, "at least one value")
        return tuple(check(path, member) for member in members)

    return checked


def one_layer_noise(path: str, value: Any) -> LayerNoise:
    """Take one layer's noise, or the mapping that one was written as."""
    if isinstance(value, LayerNoise):
        return value
    if not isinstance(value, Mapping):
        raise refuse(path, value, "mappings of gates, generators and rates")
    return layer_noise(value)


def noise_model(path: str, value: Any) -> Any:
    """Take qiskit-aer's ``NoiseModel``, or the mapping that one was written as."""
    if isinstance(value, dict) and "errors" in value:
        return stored_noise(value)
    if not isinstance(value, NoiseModelLike | StoredNoise) or isinstance(value, type):
        raise refuse(path, value, "a qiskit_aer.noise.NoiseModel")
    return value
