"""Gates as sums of products of matrices, one matrix for each qubit.

A gate on two qubits is a sum of products ``P (x) Q``. The fewer of them, the less the bond between
the qubits grows: controlled gates and rotations about a product of two Paulis take two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]

Angle = int | float
"""The number of a slot, or a value."""

IDENTITY: ComplexArray = np.eye(2, dtype=np.complex128)
PAULIS: dict[str, ComplexArray] = {
    "x": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}
_EQUAL = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A matrix ``constant + cos(scale angle) even + sin(scale angle) odd``."""

    constant: ComplexArray
    """[2, 2]."""
    even: ComplexArray | None = None
    odd: ComplexArray | None = None
    angle: Angle = 0.0
    scale: float = 0.5


def fixed(matrix: ComplexArray) -> Factor:
    """Return a factor that no parameter changes."""
    return Factor(np.asarray(matrix, dtype=np.complex128))


def rotation(pauli: str, angle: Angle) -> Factor:
    """Return ``exp(-i angle/2 P)``."""
    return Factor(np.zeros((2, 2), np.complex128), IDENTITY, -1j * PAULIS[pauli], angle)


def phase(angle: Angle) -> Factor:
    """Return ``diag(1, exp(i angle))``."""
    one = np.diag([0, 1]).astype(np.complex128)
    return Factor(np.diag([1, 0]).astype(np.complex128), one, 1j * one, angle, 1.0)


Products = tuple[tuple[Factor, ...], tuple[Factor, ...]]
"""The factors of the first qubit, and those of the second, summed in pairs."""


def controlled(factor: Factor) -> Products:
    """Return the products of a gate whose first qubit controls what happens to the second."""
    zero, one = np.diag([1, 0]), np.diag([0, 1])
    return (fixed(zero), fixed(one)), (fixed(IDENTITY), factor)


def pair_rotation(first: str, second: str, angle: Angle) -> Products:
    """Return the products of ``exp(-i angle/2 P (x) Q)``."""
    nothing = np.zeros((2, 2), np.complex128)
    even = Factor(nothing, IDENTITY, None, angle)
    odd = Factor(nothing, None, -1j * PAULIS[first], angle)
    return (even, odd), (fixed(IDENTITY), fixed(PAULIS[second]))


def split(matrix: ComplexArray) -> Products:
    """Write a matrix [4, 4] of two qubits, the first one the lower bit, as few products.

    By its blocks for each entry of the first qubit's matrix, blocks that are multiples of one
    another put together: no decomposition whose last bits would depend on a library.
    """
    blocks = np.asarray(matrix, dtype=np.complex128).reshape(2, 2, 2, 2).transpose(1, 3, 0, 2)
    firsts: list[ComplexArray] = []
    seconds: list[ComplexArray] = []
    for place in np.ndindex(2, 2):
        block = blocks[place]
        if np.abs(block).max() < _EQUAL:
            continue
        for first, second in zip(firsts, seconds, strict=True):
            ratio = _ratio(block, second)
            if ratio is not None:
                first[place] = ratio
                break
        else:
            first = np.zeros((2, 2), np.complex128)
            first[place] = 1
            firsts.append(first)
            seconds.append(block.copy())
    return tuple(map(fixed, firsts)), tuple(map(fixed, seconds))


def _ratio(block: ComplexArray, other: ComplexArray) -> complex | None:
    """Return what the other block must be multiplied by to give this one."""
    place = np.unravel_index(np.abs(other).argmax(), (2, 2))
    ratio = complex(block[place] / other[place])
    return ratio if np.abs(block - ratio * other).max() < _EQUAL else None


ONE_QUBIT: dict[str, Callable[[Angle], Factor]] = {
    "rx": lambda angle: rotation("x", angle),
    "ry": lambda angle: rotation("y", angle),
    "rz": lambda angle: rotation("z", angle),
    "p": phase,
    "u1": phase,
}
"""Gates of one qubit and one angle."""

TWO_QUBITS: dict[str, Callable[[Angle], Products]] = {
    "crx": lambda angle: controlled(rotation("x", angle)),
    "cry": lambda angle: controlled(rotation("y", angle)),
    "crz": lambda angle: controlled(rotation("z", angle)),
    "cp": lambda angle: controlled(phase(angle)),
    "cu1": lambda angle: controlled(phase(angle)),
    "rxx": lambda angle: pair_rotation("x", "x", angle),
    "ryy": lambda angle: pair_rotation("y", "y", angle),
    "rzz": lambda angle: pair_rotation("z", "z", angle),
    "rzx": lambda angle: pair_rotation("z", "x", angle),
}
"""Gates of two qubits and one angle, in the order of the gate's own qubits."""

FIXED = frozenset(
    {"x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "id", "unitary"}
    | {"cx", "cy", "cz", "ch", "cs", "csdg", "csx", "swap", "iswap", "dcx", "ecr"}
)
"""Gates that are taken by their matrices."""
