"""The operations that the kernels know, on bits of an amplitude's index."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .affine import Affine
from .frame import Condition, Mask, parity
from .quaternions import Quaternion

MAX_TABLE_BITS = 5
"""A diagonal's phases are tabulated over this many bits at most: 4 KiB for eight rows."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation about X (1), Y (2) or Z (3) by twice an angle."""

    axis: int
    half_angle: Affine


Factor = Turn | Quaternion


@dataclass(slots=True, eq=False)
class Rotation:
    """A unitary of one qubit: amplitudes ``x`` and ``x ^ flip`` mix, by the parity of ``role``."""

    flip: Mask
    role: Mask
    factors: list[Factor]
    """First applied first."""
    controls: tuple[Condition, ...] = ()

    @property
    def flips(self) -> tuple[Mask, ...]:
        """What it moves."""
        return (self.flip,)

    @property
    def roles(self) -> tuple[Mask, ...]:
        """What it depends on."""
        return (self.role, *(control.role for control in self.controls))


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of some amplitudes.

    With ``is_parity``, ``exp(i angle)`` where the one condition holds and ``exp(-i angle)``
    elsewhere; without, ``exp(i angle)`` where all conditions hold.
    """

    conditions: tuple[Condition, ...]
    angle: Affine
    is_parity: bool


@dataclass(slots=True, eq=False)
class Diagonal:
    """Phases that depend on few bits between them, tabulated and applied together."""

    phases: list[Phase]
    controls: tuple[Condition, ...] = ()
    span: list[Mask] = field(default_factory=list)
    """A reduced basis of the roles of the phases."""

    flips: tuple[Mask, ...] = ()

    @property
    def roles(self) -> tuple[Mask, ...]:
        """What it depends on."""
        return (*self.span, *(control.role for control in self.controls))


@dataclass(slots=True, eq=False)
class Dense:
    """Any linear map of a few bits, the same for every row."""

    flips: tuple[Mask, ...]
    roles: tuple[Mask, ...]
    matrix: NDArray[np.complex128]
    """[2**k, 2**k]; bit i of its index is the parity of ``roles[i]``."""


Operation = Rotation | Diagonal | Dense


def commute(one: Operation, other: Operation) -> bool:
    """Return whether two operations surely commute: neither moves what the other depends on."""
    for flip in one.flips:
        for role in other.roles:
            if parity(flip & role):
                return False
    for flip in other.flips:
        for role in one.roles:
            if parity(flip & role):
                return False
    return True


def extended_span(span: list[Mask], roles: tuple[Mask, ...]) -> list[Mask]:
    """Return a reduced basis of everything that a span and further roles reach."""
    basis = list(span)
    for role in roles:
        rest = role
        for vector in basis:
            rest = min(rest, rest ^ vector)
        if rest:
            basis.append(rest)
            basis.sort(reverse=True)
    return basis
