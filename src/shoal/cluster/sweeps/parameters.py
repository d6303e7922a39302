"""``[parameters]`` to arrays: grids, zips, random sets, explicit values and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .model import AxisTable, ParametersTable
from .parameter_files import read_columns, read_positional

FloatArray = NDArray[np.float64]

MAX_SETS = 1 << 25
"""Parameter sets of one section: more would not fit the driver's memory."""

_ELEMENT = re.compile(r"\[\d+\]$")


class ParameterSets(Protocol):
    """Every set of values of one ``[parameters]`` section."""

    @property
    def shape(self) -> tuple[int, ...]:
        """For a grid one length an axis; otherwise the number of sets."""
        ...

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The parameters that vary along the axes of the shape, where each axis has one."""
        ...

    def values_for(self, names: Sequence[str]) -> FloatArray:
        """Lay the values out for a circuit.

        Args:
            names: The circuit's P parameters, in its own order.

        Returns:
            Values [*shape, P].

        Raises:
            ValueError: The circuit has other parameters than the section.
        """
        ...


def read_parameters(table: ParametersTable | None, folder: Path) -> ParameterSets:
    """Make the parameter sets that a section asks for.

    Args:
        table: The section; ``None``: circuits without parameters.
        folder: What relative paths start from.

    Returns:
        The sets.

    Raises:
        ValueError: An axis does not fit the kind, lengths differ, a file cannot be read.
    """
    if table is None:
        return NamedSets((), (), {})
    match table.kind:
        case "grid":
            return _grid({name: _values(name, axis) for name, axis in table.axes.items()})
        case "zip":
            return _zip({name: _values(name, axis) for name, axis in table.axes.items()})
        case "random":
            return _random(table)
        case "values":
            return PositionalSets(np.array(_rectangular(table.values or []), dtype=np.float64))
        case "table":
            return _from_file(table, folder)


@dataclass(frozen=True, slots=True, eq=False)
class NamedSets:
    """Values by parameter name, which broadcast to the shape."""

    shape: tuple[int, ...]
    dimensions: tuple[str, ...]
    columns: Mapping[str, FloatArray]

    def values_for(self, names: Sequence[str]) -> FloatArray:
        """Lay the values out for a circuit, by name."""
        _check_names(self.columns, names)
        values = np.empty((*self.shape, len(names)))
        for position, name in enumerate(names):
            values[..., position] = self.columns[name]
        return values


@dataclass(frozen=True, slots=True, eq=False)
class PositionalSets:
    """Values [*shape, P] in the circuit's own order."""

    values: FloatArray

    def __post_init__(self) -> None:
        if not np.isfinite(self.values).all():
            where = tuple(np.argwhere(~np.isfinite(self.values))[0].tolist())
            raise ValueError(f"found {self.values[where]} at {list(where)}, expected finite values")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array of sets."""
        return self.values.shape[:-1]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """No axis belongs to one parameter."""
        return ()

    def values_for(self, names: Sequence[str]) -> FloatArray:
        """Take the values as they are, where their number fits."""
        if self.values.shape[-1] != len(names):
            raise ValueError(
                f"found sets of {self.values.shape[-1]} values, expected {len(names)}: one for "
                f"each parameter of the circuit, which are {_listed(names)}"
            )
        return self.values


@dataclass(frozen=True, slots=True, eq=False)
class RandomSets:
    """Values that depend, parameter by parameter, on the seed and the parameter's name alone."""

    count: int
    seed: int
    axes: Mapping[str, AxisTable]

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension."""
        return (self.count,)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """No axis belongs to one parameter."""
        return ()

    def values_for(self, names: Sequence[str]) -> FloatArray:
        """Draw the values; the name of a vector stands for all of its elements, drawn apart."""
        axis_of = {name: name if name in self.axes else _ELEMENT.sub("", name) for name in names}
        unused = set(self.axes) - set(axis_of.values())
        _check_names(unused | {name for name in names if axis_of[name] in self.axes}, names)
        values = np.empty((self.count, len(names)))
        for position, name in enumerate(names):
            generator = np.random.default_rng([self.seed, *name.encode()])
            values[:, position] = _drawn(self.axes[axis_of[name]], self.count, generator)
        return values


def _drawn(axis: AxisTable, count: int, generator: np.random.Generator) -> FloatArray:
    if axis.uniform is not None:
        return generator.uniform(*axis.uniform, size=count)
    if axis.normal is not None:
        return generator.normal(*axis.normal, size=count)
    return generator.choice(np.array(axis.values), size=count)


def _random(table: ParametersTable) -> RandomSets:
    for name, axis in table.axes.items():
        if axis.linspace is not None or axis.arange is not None:
            raise ValueError(f"axis {name!r}: kind = 'random' takes uniform, normal or values")
        if axis.normal is not None and axis.normal[1] < 0:
            raise ValueError(f"axis {name!r}: found a standard deviation of {axis.normal[1]}")
        if axis.uniform is not None and axis.uniform[0] > axis.uniform[1]:
            raise ValueError(
                f"axis {name!r}: found uniform = {list(axis.uniform)}, expected [low, high]"
            )
    assert table.count is not None
    return RandomSets(table.count, table.seed, table.axes)


def _values(name: str, axis: AxisTable) -> FloatArray:
    if axis.values is not None:
        values = np.array(axis.values, dtype=np.float64)
    elif axis.linspace is not None:
        first, last, count = axis.linspace
        values = np.linspace(first, last, min(count, MAX_SETS + 1))
    elif axis.arange is not None:
        first, stop, step = axis.arange
        if step == 0 or not 0 < (stop - first) / step <= MAX_SETS:
            raise ValueError(
                f"axis {name!r}: found {list(axis.arange)}, expected [first, stop, step]"
            )
        values = np.arange(first, stop, step)
    else:
        raise ValueError(f"axis {name!r}: uniform and normal go with kind = 'random'")
    if not values.size:
        raise ValueError(f"axis {name!r} has no values")
    return values


def _grid(axes: Mapping[str, FloatArray]) -> NamedSets:
    """Give one dimension of the shape to each axis of more than one value."""
    varying = tuple(name for name, values in axes.items() if values.size > 1)
    shape = tuple(axes[name].size for name in varying)
    if np.prod(shape, dtype=np.float64) > MAX_SETS:
        raise ValueError(
            f"a grid of {' x '.join(map(str, shape))} sets; expected at most {MAX_SETS}"
        )
    columns = {}
    for name, values in axes.items():
        dimensions = [values.size if name == other else 1 for other in varying]
        columns[name] = values.reshape(dimensions if name in varying else ())
    return NamedSets(shape, varying, columns)


def _zip(axes: Mapping[str, FloatArray]) -> NamedSets:
    lengths = {name: values.size for name, values in axes.items() if values.size > 1}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"found axes of lengths {found}; kind = 'zip' expects one length")
    length = max(lengths.values(), default=1)
    return NamedSets((length,), (), axes)


def _rectangular(rows: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    if not rows:
        raise ValueError("values: found no sets")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"set {number + 1} has {len(row)} values, the first has {len(rows[0])}"
            )
    return rows


def _from_file(table: ParametersTable, folder: Path) -> ParameterSets:
    assert table.file is not None
    path = folder / table.file.expanduser()
    if path.suffix == ".npy":
        if table.columns:
            raise ValueError("columns go with .csv and .parquet files; a .npy file has none")
        return PositionalSets(read_positional(path))
    columns = read_columns(path, table.columns)
    return NamedSets((next(iter(columns.values())).size,), (), columns)


def _check_names(found: Mapping[str, object] | set[str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in found]
    unknown = [name for name in found if name not in names]
    if missing or unknown:
        raise ValueError(
            f"found values for {_listed([*found])}; the circuit's parameters are {_listed(names)}"
            + (f"; missing: {_listed(missing)}" if missing else "")
            + (f"; not in the circuit: {_listed(unknown)}" if unknown else "")
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8]) or "none"
    return shown if len(names) <= 8 else f"{shown}, ... ({len(names)} in all)"
