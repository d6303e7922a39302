"""Tables of parameter values: CSV and Parquet by column, NPY by position."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def read_positional(path: Path) -> FloatArray:
    """Read sets of values from an NPY file.

    Args:
        path: The file: an array [..., P] of real numbers.

    Returns:
        The array.

    Raises:
        ValueError: It cannot be read, or holds something else.
    """
    try:
        # Never unpickle what came from a file.
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"cannot read {path}: {error}") from error
    return _as_floats(values, path)


def read_columns(path: Path, columns: Mapping[str, str]) -> dict[str, FloatArray]:
    """Read named columns from a CSV or Parquet file.

    Args:
        path: The file.
        columns: Parameter to column; empty: every column is the parameter of its name.

    Returns:
        Parameter to finite values, one a set.

    Raises:
        ValueError: It cannot be read, or a column is missing, not numeric or not finite.
    """
    table = _read_arrow(path)
    chosen = dict(columns) or {name: name for name in table.column_names}
    if missing := [column for column in chosen.values() if column not in table.column_names]:
        known = ", ".join(table.column_names)
        raise ValueError(f"{path} has no column {missing[0]!r}; its columns: {known}")
    if not table.num_rows or not chosen:
        raise ValueError(f"{path} has no values")
    return {name: _column(table, column, path) for name, column in chosen.items()}


def _read_arrow(path: Path) -> pyarrow.Table:
    try:
        if path.suffix == ".csv":
            return pyarrow.csv.read_csv(path)
        if path.suffix == ".parquet":
            return pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise ValueError(f"cannot read {path}: {error}") from error
    raise ValueError(f"found {path.name}, expected a .csv, .parquet or .npy file")


def _column(table: pyarrow.Table, column: str, path: Path) -> FloatArray:
    values = _as_floats(table[column].to_numpy(), path)
    if not np.isfinite(values).all():
        number = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(
            f"{path}: {column!r} of set {number + 1} is {values[number]}, expected a finite value"
        )
    return values


def _as_floats(values: NDArray[np.generic], path: Path) -> FloatArray:
    if values.dtype.kind not in "iuf" or not values.ndim:
        raise ValueError(
            f"{path}: found {values.dtype} values of shape {values.shape}, expected real numbers"
        )
    return values.astype(np.float64)
