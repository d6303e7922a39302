"""Angles that are affine in the parameters of a circuit."""

from __future__ import annotations

from dataclasses import dataclass

ColumnIndex = int


@dataclass(frozen=True, slots=True)
class Affine:
    """``constant + sum(coefficient * parameters[column])``.

    >>> Affine.column(0).scaled(0.5) + Affine(1.0)
    Affine(constant=1.0, terms=((0, 0.5),))
    """

    constant: float = 0.0
    terms: tuple[tuple[ColumnIndex, float], ...] = ()
    """Pairs (column, coefficient), columns rising, no coefficient zero."""

    @classmethod
    def column(cls, column: ColumnIndex) -> Affine:
        """Return one parameter as it is."""
        return cls(0.0, ((column, 1.0),))

    @property
    def is_constant(self) -> bool:
        """Whether no parameter is in it."""
        return not self.terms

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing at all."""
        return not self.terms and self.constant == 0.0

    def scaled(self, factor: float) -> Affine:
        """Multiply by a number."""
        if factor == 1.0:
            return self
        terms = tuple((c, k * factor) for c, k in self.terms if k * factor != 0.0)
        return Affine(self.constant * factor, terms)

    def __add__(self, other: Affine) -> Affine:
        """Add term by term."""
        if not other.terms:
            return Affine(self.constant + other.constant, self.terms)
        if not self.terms:
            return Affine(self.constant + other.constant, other.terms)
        sums = dict(self.terms)
        for column, coefficient in other.terms:
            sums[column] = sums.get(column, 0.0) + coefficient
        terms = tuple(sorted((c, k) for c, k in sums.items() if k != 0.0))
        return Affine(self.constant + other.constant, terms)


ZERO = Affine()
