"""Parameter expressions that are not affine, evaluated for all rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Parameter, ParameterExpression

from ..errors import CannotCompile
from .affine import Affine, ColumnIndex

FloatArray = NDArray[np.float64]

_UNARY: Mapping[str, Callable[[Any], Any]] = {
    "ABS": np.abs,
    "ACOS": np.arccos,
    "ASIN": np.arcsin,
    "ATAN": np.arctan,
    "CONJ": np.conj,
    "COS": np.cos,
    "EXP": np.exp,
    "LOG": np.log,
    "SIGN": np.sign,
    "SIN": np.sin,
    "TAN": np.tan,
}
_BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "POW": np.power,
}
_REVERSED = {"RSUB": "SUB", "RDIV": "DIV", "RPOW": "POW"}


@dataclass(frozen=True, slots=True)
class Formula:
    """One operation on operands that are themselves affine, formulas or complex numbers."""

    name: str
    """As Qiskit's expressions call it: ``SIN``, ``POW`` and so on."""
    operands: tuple[Operand, ...]

    def evaluate(self, rows: FloatArray) -> NDArray[Any]:
        """Return one value a row.

        Args:
            rows: Parameters [R, P].

        Returns:
            Values [R], complex only where a complex number is in the formula.
        """
        values = [_evaluate(operand, rows) for operand in self.operands]
        operation = _UNARY[self.name] if len(values) == 1 else _BINARY[self.name]
        with np.errstate(all="ignore"):
            return np.asarray(operation(*values))


Operand = Affine | Formula | complex


def read_expression(
    expression: ParameterExpression, columns: Mapping[Parameter, ColumnIndex]
) -> Affine | Formula:
    """Translate Qiskit's expression.

    Args:
        expression: The expression, as an instruction holds it.
        columns: Where each parameter stands in a row.

    Returns:
        The same function of a row; affine where it is.

    Raises:
        CannotCompile: It holds an operation that this version does not know.
    """
    stack: list[Operand] = []

    def operand(value: Any) -> Operand:
        if value is None:
            return stack.pop()
        if isinstance(value, ParameterExpression):
            return Affine.column(columns[value])
        return Affine(float(value.real)) if value.imag == 0 else complex(value)

    # The flattened form that QPY stores too; operands that are None are the latest results.
    for step in expression._qpy_replay:
        name = str(step.op).removeprefix("OpCode.")
        if name in _UNARY:
            stack.append(Formula(name, (operand(step.lhs),)))
            continue
        right, left = operand(step.rhs), operand(step.lhs)
        if name in _REVERSED:
            name, left, right = _REVERSED[name], right, left
        if name not in _BINARY:
            raise CannotCompile(f"the parameter expression {expression} has the operation {name}")
        stack.append(_combine(name, left, right))
    (result,) = stack
    return Formula("ADD", (Affine(), result)) if isinstance(result, complex) else result


def _combine(name: str, left: Operand, right: Operand) -> Operand:
    if isinstance(left, Affine) and isinstance(right, Affine):
        match name:
            case "ADD":
                return left + right
            case "SUB":
                return left + right.scaled(-1.0)
            case "MUL" if left.is_constant or right.is_constant:
                number, rest = (left, right) if left.is_constant else (right, left)
                return rest.scaled(number.constant)
            case "DIV" if right.is_constant and right.constant != 0.0:
                divided = tuple((c, k / right.constant) for c, k in left.terms)
                return Affine(left.constant / right.constant, divided)
    return Formula(name, (left, right))


def _evaluate(operand: Operand, rows: FloatArray) -> NDArray[Any]:
    if isinstance(operand, Formula):
        return operand.evaluate(rows)
    if isinstance(operand, complex):
        return np.full(rows.shape[0], operand)
    # Contiguous columns only: numpy's strided loops may round differently from its dense ones.
    total = np.full(rows.shape[0], operand.constant)
    for column, coefficient in operand.terms:
        total += np.ascontiguousarray(rows[:, column]) * coefficient
    return total
