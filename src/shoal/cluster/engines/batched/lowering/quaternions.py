"""Unitaries of one qubit as unit quaternions ``w - i (x X + y Y + z Z)`` and a phase."""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

Quaternion = tuple[float, float, float, float]

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


def of_unitary(matrix: NDArray[np.complex128]) -> tuple[Quaternion, float]:
    """Split a unitary [2, 2] into a quaternion and the angle of a phase."""
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    phase = cmath.phase(complex(determinant)) / 2
    special = matrix * cmath.exp(-1j * phase)
    a, b = complex(special[0, 0]), complex(special[1, 0])
    return (a.real, -b.imag, b.real, -a.imag), phase


def of_rotation(axis: int, half_angle: float) -> Quaternion:
    """Return the rotation about X (1), Y (2) or Z (3)."""
    parts = [math.cos(half_angle), 0.0, 0.0, 0.0]
    parts[axis] = math.sin(half_angle)
    return parts[0], parts[1], parts[2], parts[3]


def product(left: Quaternion, right: Quaternion) -> Quaternion:
    """Return what ``right`` first and ``left`` second come to."""
    lw, lx, ly, lz = left
    rw, rx, ry, rz = right
    return (
        lw * rw - lx * rx - ly * ry - lz * rz,
        lw * rx + lx * rw + ly * rz - lz * ry,
        lw * ry + ly * rw + lz * rx - lx * rz,
        lw * rz + lz * rw + lx * ry - ly * rx,
    )


def flipped(one: Quaternion) -> Quaternion:
    """Return the quaternion with the roles of 0 and 1 exchanged."""
    w, x, y, z = one
    return w, x, -y, -z
