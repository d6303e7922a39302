"""A primitive's ``.options``: reads and sets like an object, holds frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .option_group import OptionGroup


class OptionsHolder(Protocol):
    """What a view looks into."""

    _options: Any


class OptionsView:
    """The options of one primitive, or one group of them.

    >>> from shoal.primitives import Estimator
    >>> estimator = Estimator()
    >>> estimator.options.resilience.zne.noise_factors = (1, 2)
    >>> estimator.options.update(seed=7)
    >>> estimator.options.resilience.zne.noise_factors, estimator.options.seed
    ((1.0, 2.0), 7)
    """

    __slots__ = ("_holder", "_path")

    _holder: OptionsHolder
    _path: str

    def __init__(self, holder: OptionsHolder, path: str = "") -> None:
        object.__setattr__(self, "_holder", holder)
        object.__setattr__(self, "_path", path)

    @property
    def frozen(self) -> Any:
        """The options as they are now, as a value that does not change."""
        root = self._holder._options
        return root.at(self._path) if self._path else root

    def update(self, changes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Set several options at once; nested groups as mappings.

        Raises:
            OptionError: An option is not known, or cannot take its value; none was set.
        """
        self._set(self.frozen.updated({**(changes or {}), **more}))

    def __getattr__(self, name: str) -> Any:
        frozen = self.frozen
        if name not in frozen.names():
            known = ", ".join(frozen.names())
            raise AttributeError(f"unknown option {self._dotted(name)!r}; known: {known}")
        value = getattr(frozen, name)
        if isinstance(value, OptionGroup):
            return OptionsView(self._holder, self._dotted(name))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._set(self.frozen.replaced(name, value))

    def _set(self, value: Any) -> None:
        root = self._holder._options
        self._holder._options = root.replaced(self._path, value) if self._path else value

    def _dotted(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def __dir__(self) -> list[str]:
        return [*self.frozen.names(), "frozen", "update"]

    def __eq__(self, other: object) -> bool:
        return bool(self.frozen == getattr(other, "frozen", other))

    def __repr__(self) -> str:
        return repr(self.frozen)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle as the frozen value, cut loose from the primitive."""
        return _itself, (self.frozen,)


def _itself(value: Any) -> Any:
    return value
