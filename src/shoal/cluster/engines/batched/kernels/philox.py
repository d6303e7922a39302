"""Philox4x64-10 (Salmon et al. 2011): random words that are a function of a key and a counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .jit import inlined, instruction

if TYPE_CHECKING:  # numba's types differ from version to version
    ir: Any
    types: Any
else:
    from llvmlite import ir
    from numba import types

ROUNDS = 10
_FIRST_MULTIPLIER = np.uint64(0xD2E7470EE14C6C93)
_SECOND_MULTIPLIER = np.uint64(0xCA5A826395121157)
_FIRST_BUMP = np.uint64(0x9E3779B97F4A7C15)
_SECOND_BUMP = np.uint64(0xBB67AE8584CAA73B)
_ONE = np.uint64(1)

COUNTERS = 64
"""How many counters are scrambled together: a processor works on several of them at once."""

NUM_WORDS = 4 * COUNTERS


@instruction
def _multiply_high(typing_context: Any, one: Any, other: Any) -> Any:
    """Return the upper half of a product."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide, narrow = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(arg, wide) for arg in args))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)

    return types.uint64(types.uint64, types.uint64), generate


@inlined
def fill_words(words: Any, key: Any, row: Any, purpose: Any, refills: int) -> None:
    """Write the next random words of a row and a purpose, after a number of earlier refills."""
    for place in range(COUNTERS):
        counter = np.uint64(COUNTERS * refills + place + 1)
        block = _scramble(key[0], key[1], counter, row, purpose)
        words[4 * place], words[4 * place + 1] = block[0], block[1]
        words[4 * place + 2], words[4 * place + 3] = block[2], block[3]


@inlined
def as_fraction(word: Any) -> float:
    """Turn a word into a multiple of ``2**-53`` in [0, 1)."""
    return np.float64(word >> np.uint64(11)) * 2.0**-53


@inlined
def _scramble(first_key: Any, second_key: Any, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
    d = np.uint64(0)
    for _ in range(ROUNDS):
        a, b, c, d = (
            _multiply_high(_SECOND_MULTIPLIER, c) ^ b ^ first_key,
            _SECOND_MULTIPLIER * c,
            _multiply_high(_FIRST_MULTIPLIER, a) ^ d ^ second_key,
            _FIRST_MULTIPLIER * a,
        )
        first_key += _FIRST_BUMP
        second_key += _SECOND_BUMP
    return a, b, c, d
