"""The angles of a circuit's gates, as functions of its parameters, over whole batches of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

from ...primitives.errors import EngineError
from ...primitives.observables import FloatArray


@dataclass(frozen=True, slots=True)
class AffineAngle:
    """A weighted sum of columns of a row, plus a constant."""

    columns: tuple[int, ...]
    weights: tuple[float, ...]
    constant: float

    def at(self, rows: FloatArray) -> FloatArray:
        """Evaluate at rows [R, P]; summed in one order, so that no machine rounds differently."""
        if self.weights == (1.0,) and self.constant == 0.0:
            return rows[:, self.columns[0]]
        total = np.full(rows.shape[0], self.constant)
        for column, weight in zip(self.columns, self.weights, strict=True):
            total += weight * rows[:, column]
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """K angles as functions of P parameters."""

    parameters: tuple[Parameter, ...]
    """In the order of a row's columns."""
    expressions: tuple[AffineAngle | ParameterExpression, ...]

    @classmethod
    def of(
        cls, expressions: Sequence[ParameterExpression], parameters: Sequence[Parameter]
    ) -> Angles:
        """Read expressions as functions of parameters.

        Args:
            expressions: K expressions over the parameters.
            parameters: P parameters, in the order of the columns of a row.
        """
        columns = {parameter: column for column, parameter in enumerate(parameters)}
        read = (affine_angle(expression, columns) or expression for expression in expressions)
        return cls(tuple(parameters), tuple(read))

    def at(self, rows: FloatArray) -> FloatArray:
        """Evaluate every angle at every row.

        Args:
            rows: Parameter values [R, P].

        Returns:
            Angles [K, R]: the values of one angle lie together.

        Raises:
            EngineError: An expression is no finite real number at some row, or rows of another
                circuit were given.
        """
        if rows.shape[1] != len(self.parameters):
            raise EngineError(
                f"rows have {rows.shape[1]} parameters, expected {len(self.parameters)}"
            )
        values = np.empty((len(self.expressions), rows.shape[0]))
        for position, expression in enumerate(self.expressions):
            if isinstance(expression, AffineAngle):
                values[position] = expression.at(rows)
            else:
                values[position] = [self._bound(expression, row) for row in rows.tolist()]
        return values

    def _bound(self, expression: ParameterExpression, row: Sequence[float]) -> float:
        bound = expression.bind_all(dict(zip(self.parameters, row, strict=True)))
        try:
            value = float(bound)
        except TypeError:
            value = math.nan
        if not math.isfinite(value):
            raise EngineError(f"the angle {expression} is {bound}, which is no finite real number")
        return value


def affine_angle(
    expression: ParameterExpression, columns: dict[Parameter, int]
) -> AffineAngle | None:
    """Read an expression as an affine function of columns; ``None`` if it is not one."""
    weights: dict[int, float] = {}
    for parameter in expression.parameters:
        try:
            weight = expression.gradient(parameter)
        except (RuntimeError, TypeError, ValueError):
            return None
        if isinstance(weight, ParameterExpression | complex):
            return None
        weights[columns[parameter]] = float(weight)
    at_zero = expression.bind(dict.fromkeys(expression.parameters, 0.0))
    used = tuple(sorted(column for column, weight in weights.items() if weight))
    return AffineAngle(used, tuple(weights[column] for column in used), float(at_zero))
