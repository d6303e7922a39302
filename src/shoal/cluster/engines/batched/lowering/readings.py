"""What is read from a prepared state: terms, distributions and the amplitudes themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .frame import Condition, Mask

OutputIndex = int

MIN_SPECTRUM_TERMS = 5


@dataclass(frozen=True, slots=True)
class Term:
    """One expectation value: a sum over pairs of amplitudes ``x`` and ``x ^ flip``."""

    flip: Mask
    sign: Mask
    """The sum's signs alternate with the parity of ``x & sign``."""
    weight: float
    is_imaginary: bool
    """Whether the imaginary part of ``conj(b) a`` is summed, not the real one."""
    conditions: tuple[Condition, ...]
    """Which ``x`` are summed over."""
    output: OutputIndex

    @property
    def flips(self) -> tuple[Mask, ...]:
        """What must be at hand together."""
        return (self.flip,) if self.flip else ()


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Terms that differ in their signs, weights and outputs alone."""

    terms: tuple[Term, ...]

    @property
    def flips(self) -> tuple[Mask, ...]:
        """What must be at hand together."""
        return self.terms[0].flips


@dataclass(frozen=True, slots=True)
class Marginal:
    """The distribution of some bits."""

    bits: tuple[Condition, ...]
    """When each bit of an outcome is 1, the lowest first."""
    output: OutputIndex
    flips: tuple[Mask, ...] = ()


@dataclass(frozen=True, slots=True)
class Amplitudes:
    """All amplitudes, real and imaginary parts in turn, in the order of the basis states."""

    bits: tuple[Condition, ...]
    output: OutputIndex
    flips: tuple[Mask, ...] = ()


Reading = Term | Spectrum | Marginal | Amplitudes


def grouped(readings: Sequence[Reading]) -> list[Reading]:
    """Replace terms that differ in their signs alone by spectra, where these cost less.

    A spectrum costs about as much as four terms, whatever the number of its terms.
    """
    families: dict[tuple[object, ...], list[Term]] = {}
    others: list[Reading] = []
    for reading in readings:
        if isinstance(reading, Term):
            family = (reading.flip, reading.is_imaginary, reading.conditions)
            families.setdefault(family, []).append(reading)
        else:
            others.append(reading)
    for terms in families.values():
        others += [Spectrum(tuple(terms))] if len(terms) >= MIN_SPECTRUM_TERMS else terms
    return others
