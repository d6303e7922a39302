"""The columns that angles are affine in: a circuit's parameters, then its formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

from .affine import Affine
from .formulas import FloatArray, Formula, read_expression


class Columns:
    """Reads angles; remembers each formula once, as a further column."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        """Start with one column a parameter, in the circuit's own order."""
        self._columns = {parameter: column for column, parameter in enumerate(parameters)}
        self._formulas: dict[Formula, Affine] = {}
        self._symbols = {p: Affine.column(column) for p, column in self._columns.items()}

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas met so far, in the order of their columns."""
        return tuple(self._formulas)

    def read(self, angle: Any) -> Affine:
        """Return a number, parameter or expression as an affine function of the columns."""
        if isinstance(angle, Parameter):
            return self._symbols[angle]
        if not isinstance(angle, ParameterExpression):
            return Affine(float(angle))
        if not angle.parameters:
            return Affine(float(angle.numeric()))
        found = read_expression(angle, self._columns)
        if isinstance(found, Affine):
            return found
        column = len(self._columns) + len(self._formulas)
        return self._formulas.setdefault(found, Affine.column(column))


def extend_rows(rows: FloatArray, formulas: Sequence[Formula]) -> FloatArray:
    """Append the value of every formula to every row.

    Args:
        rows: Parameters [R, P].
        formulas: F formulas of them.

    Returns:
        Columns [R, P + F].

    Raises:
        ValueError: A formula has no real value at some row.
    """
    if not formulas:
        return np.ascontiguousarray(rows, dtype=np.float64)
    values = [formula.evaluate(rows) for formula in formulas]
    for value in values:
        is_real = np.isfinite(value) & (value.imag == 0)
        if not is_real.all():
            row = int(np.argmin(is_real))
            raise ValueError(
                f"a parameter expression is {value[row]} at row {row} of the parameters, "
                "where an angle must be a finite real number"
            )
    return np.column_stack([rows, *(value.real for value in values)])
