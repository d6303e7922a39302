"""Enumerates the amplitudes of a cache block on which some parities have given values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .frame import Mask

Rule = tuple[Mask, Mask, int]
"""(inner, outer, value): parity(c & inner) ^ parity(x & outer) == value, with c the place in the
block and x the block's own index."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A Gray code through a block: start somewhere, then xor one step at a time."""

    start: Mask
    shifts: tuple[tuple[Mask, Mask], ...]
    """(role, vector): the start moves by ``vector`` where the parity of ``x & role`` is odd."""
    checks: tuple[tuple[Mask, int], ...]
    """(role, value): the block has no such amplitude unless the parity of ``x & role`` is this."""
    steps: tuple[Mask, ...]
    """Step k is taken when k trailing zeros are counted."""


def solve(rules: Sequence[Rule], num_bits: int) -> Walk:
    """Solve linear conditions over GF(2).

    Args:
        rules: Conditions on a place in the block and the block's index.
        num_bits: How many bits a place has.

    Returns:
        The walk through all solutions.
    """
    rows: dict[int, Rule] = {}
    checks: list[tuple[Mask, int]] = []
    for rule in rules:
        for pivot, row in rows.items():
            if rule[0] >> pivot & 1:
                rule = _sum(rule, row)
        inner, outer, value = rule
        if inner:
            # The highest bit: what is left free, and walked most, are neighbours in memory.
            pivot = inner.bit_length() - 1
            for other, row in rows.items():
                if row[0] >> pivot & 1:
                    rows[other] = _sum(row, rule)
            rows[pivot] = rule
        elif outer or value:
            checks.append((outer, value))
    return Walk(
        start=sum(value << pivot for pivot, (_, _, value) in rows.items()),
        shifts=tuple((outer, 1 << pivot) for pivot, (_, outer, _) in rows.items() if outer),
        checks=tuple(checks),
        steps=tuple(
            (1 << free) | sum(1 << pivot for pivot, row in rows.items() if row[0] >> free & 1)
            for free in range(num_bits)
            if free not in rows
        ),
    )


def _sum(one: Rule, other: Rule) -> Rule:
    return one[0] ^ other[0], one[1] ^ other[1], one[2] ^ other[2]
