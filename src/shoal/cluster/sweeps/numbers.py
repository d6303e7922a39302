"""Numbers as people write them in a sweep file: ``0.5``, ``"pi/2"``, ``"-3*pi/4"``."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_NAMES = {"pi": math.pi, "tau": math.tau, "e": math.e}


def read_number(value: object) -> float:
    """Read a number, or a short formula over ``pi``, ``tau`` and ``e``.

    Args:
        value: A number, or a string with numbers, names, ``+ - * /`` and brackets.

    Returns:
        The finite number.

    Raises:
        ValueError: It is no number, or not a finite one.

    >>> read_number("-3*pi/4") == -3 * math.pi / 4
    True
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'expected a number or a formula such as "pi/2", found {value!r}')
    number = _formula(value) if isinstance(value, str) else float(value)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, found {value!r}")
    return number


def _formula(text: str) -> float:
    try:
        return _evaluate(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise ValueError(
            f'expected a number or a formula such as "pi/2", found {text!r}'
        ) from error


def _evaluate(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_evaluate(left), _evaluate(right))
    raise SyntaxError(ast.unparse(node))


Number = Annotated[float, BeforeValidator(read_number)]
"""A finite number of a sweep file."""
