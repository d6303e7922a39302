"""Vectors of lanes, one row of parameters a lane: the type that kernels compute with.

Arithmetic is exactly what is written: each operation is one IEEE operation on every lane alike, and
fused multiply-adds are asked for by name. So a row's result has the same bits in whatever lane,
batch, thread or processor it was computed. (Left to itself, a compiler fuses differently in the
body and the tail of a loop.)
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ..opcodes import LANE_BYTES
from .jit import instruction

if TYPE_CHECKING:  # numba's types differ from version to version
    ir: Any
    types: Any
    cgutils: Any
    models: Any
    overload: Any
    register_model: Any
else:
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import models, overload, register_model


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


def _address(context: Any, builder: Any, signature: Any, args: Any, lanes: Lanes) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    element = builder.mul(args[1], ir.Constant(args[1].type, lanes.width))
    pointer = builder.gep(array.data, [element])
    return builder.bitcast(pointer, context.get_value_type(lanes).as_pointer())


@instruction
def load(typing_context: Any, array: Any, place: Any) -> Any:
    """Return the vector at a place of a flat array that is seen as vectors."""
    lanes = Lanes(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, lanes)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return lanes(array, types.int64), generate


@instruction
def store(typing_context: Any, array: Any, place: Any, value: Any) -> Any:
    """Put a vector at a place of a flat array that is seen as vectors."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, value)
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, value), generate


@instruction
def splat(typing_context: Any, number: Any, like: Any) -> Any:
    """Return a vector that holds one number in every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        cast = context.cast(builder, args[0], signature.args[0], like.element)
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
def parity(typing_context: Any, mask: Any) -> Any:
    """Return whether an odd number of bits is set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        shape = ir.FunctionType(kind, [kind])
        function = cgutils.get_or_insert_function(builder.module, shape, "llvm.ctpop.i64")
        return builder.and_(builder.call(function, args), ir.Constant(kind, 1))

    return types.int64(types.int64), generate


@instruction
def trailing_zeros(typing_context: Any, mask: Any) -> Any:
    """Return how many zeros follow the lowest bit that is set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        shape = ir.FunctionType(kind, [kind, ir.IntType(1)])
        function = cgutils.get_or_insert_function(builder.module, shape, "llvm.cttz.i64")
        return builder.call(function, [args[0], ir.Constant(ir.IntType(1), 0)])

    return types.int64(types.int64), generate


def _binary(name: str) -> Any:
    @instruction
    def apply(typing_context: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return one(one, one), generate

    def choose(one: Any, other: Any) -> Any:
        if isinstance(one, Lanes) and isinstance(other, Lanes):
            return lambda one, other: apply(one, other)
        return None

    return choose


@instruction
def _negated(typing_context: Any, one: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fneg(args[0])

    return one(one), generate


def _negate(one: Any) -> Any:
    if isinstance(one, Lanes):
        return lambda one: _negated(one)
    return None


overload(operator.neg, strict=False)(_negate)
overload(operator.add, strict=False)(_binary("fadd"))
overload(operator.sub, strict=False)(_binary("fsub"))
overload(operator.mul, strict=False)(_binary("fmul"))


def num_lanes(array: Any) -> int:
    """Return how many lanes a vector of an array's numbers has."""
    return int(LANE_BYTES // array.itemsize)


def _num_lanes(array: Any) -> Any:
    width = Lanes(array.dtype).width
    return lambda array: width


overload(num_lanes, strict=False)(_num_lanes)
