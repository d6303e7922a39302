"""Vectors of lanes, one row of parameters a lane: the type that kernels compute with.

Arithmetic is exactly what is written: each operation is one IEEE operation on every lane alike, and
fused multiply-adds are asked for by name. So a row's result has the same bits in whatever lane,
batch, thread or processor it was computed. (Left to itself, a compiler fuses differently in the
body and the tail of a loop.)

A flat array is seen as vectors; a table [N, 1] as single numbers, for which the same code does.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ..opcodes import LANE_BYTES
from .jit import inlined, instruction

if TYPE_CHECKING:  # numba's types differ from version to version
    ir: Any
    types: Any
    cgutils: Any
    models: Any
    register_model: Any
    AbstractTemplate: Any
    infer_global: Any
    lower_builtin: Any
else:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.core.typing.templates import AbstractTemplate, infer_global
    from numba.extending import lower_builtin, models, register_model


class Lanes(types.Type):  # type: ignore[misc]
    """As many numbers as fit ``LANE_BYTES``."""

    def __init__(self, element: Any) -> None:
        """Take the type of one lane."""
        self.element = element
        self.width = LANE_BYTES * 8 // element.bitwidth
        super().__init__(name=f"Lanes({element})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        element = manager.lookup(lanes.element).get_data_type()
        super().__init__(manager, lanes, ir.VectorType(element, lanes.width))


def _address(context: Any, builder: Any, signature: Any, args: Any, lanes: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    if not isinstance(lanes, Lanes):
        return builder.gep(array.data, [args[1]])
    element = builder.mul(args[1], ir.Constant(args[1].type, lanes.width))
    pointer = builder.gep(array.data, [element])
    return builder.bitcast(pointer, context.get_value_type(lanes).as_pointer())


@instruction
def load(typing_context: Any, array: Any, place: Any) -> Any:
    """Return the vector at a place of an array, or the number where it is a table."""
    loaded = array.dtype if array.ndim == 2 else Lanes(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, loaded)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return loaded(array, types.int64), generate


@instruction
def store(typing_context: Any, array: Any, place: Any, value: Any) -> Any:
    """Put a vector at a place of an array, or a number where it is a table."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, value)
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, value), generate


@instruction
def splat(typing_context: Any, number: Any, like: Any) -> Any:
    """Return a vector that holds one number in every lane, or the number where it is like one."""
    element = like.element if isinstance(like, Lanes) else like

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        cast = context.cast(builder, args[0], signature.args[0], element)
        if element is like:
            return cast
        vector = ir.Constant(context.get_value_type(like), ir.Undefined)
        zero = ir.Constant(ir.IntType(32), 0)
        first = builder.insert_element(vector, cast, zero)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), like.width), [0] * like.width)
        return builder.shuffle_vector(first, vector, mask)

    return like(number, like), generate


@instruction
def fma(typing_context: Any, one: Any, other: Any, addend: Any) -> Any:
    """Return ``one * other + addend``, rounded once. Works on vectors and on scalars."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        suffix = f"v{one.width}f{one.element.bitwidth}" if isinstance(one, Lanes) else "f64"
        shape = ir.FunctionType(kind, [kind] * 3)
        function = cgutils.get_or_insert_function(builder.module, shape, f"llvm.fma.{suffix}")
        return builder.call(function, args)

    return one(one, one, one), generate


@instruction
def count_ones(typing_context: Any, mask: Any) -> Any:
    """Return how many bits of an integer are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        shape = ir.FunctionType(kind, [kind])
        function = cgutils.get_or_insert_function(builder.module, shape, "llvm.ctpop.i64")
        return builder.call(function, args)

    return types.int64(mask), generate


@instruction
def trailing_zeros(typing_context: Any, mask: Any) -> Any:
    """Return how many zeros follow the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        shape = ir.FunctionType(kind, [kind, ir.IntType(1)])
        function = cgutils.get_or_insert_function(builder.module, shape, "llvm.cttz.i64")
        return builder.call(function, [args[0], ir.Constant(ir.IntType(1), 0)])

    return types.int64(types.int64), generate


@inlined
def parity(mask: int) -> int:
    """Return whether an odd number of bits is set."""
    return int(count_ones(mask) & 1)


@instruction
def num_lanes(typing_context: Any, array: Any) -> Any:
    """Return how many lanes a vector of an array's numbers has; a table's single numbers: one."""
    width = 1 if array.ndim == 2 else Lanes(array.dtype).width

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.int64, width)

    return types.int64(array), generate


def _teach(symbol: Any, instruction_name: str, num_operands: int) -> None:
    """Let an operator between vectors be one instruction."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        key = symbol

        def generic(self, operands: Any, keywords: Any) -> Any:
            if all(isinstance(operand, Lanes) for operand in operands):
                return operands[0](*operands)
            return None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, instruction_name)(*args)

    infer_global(symbol)(Template)
    lower_builtin(symbol, *[Lanes] * num_operands)(generate)


_teach(operator.add, "fadd", 2)
_teach(operator.sub, "fsub", 2)
_teach(operator.mul, "fmul", 2)
_teach(operator.neg, "fneg", 1)
