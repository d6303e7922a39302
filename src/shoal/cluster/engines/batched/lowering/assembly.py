"""Puts gates together into operations on a vector of amplitudes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .affine import ZERO, Affine
from .frame import Condition, Frame
from .fusion import FusedOperations
from .operations import MAX_TABLE_BITS, Dense, Factor, Phase, Turn
from .quaternions import flipped

QubitIndex = int
Controls = Sequence[tuple[QubitIndex, int]]
"""Qubits, and the value at which each lets a gate act."""


class Assembly:
    """The operations so far, the frame that they left, and the phase of the whole."""

    def __init__(self, num_qubits: int) -> None:
        """Start with no operation."""
        self.frame = Frame(num_qubits)
        self.fused = FusedOperations()
        self.global_phase = ZERO

    def x(self, qubit: QubitIndex) -> None:
        """Flip a qubit."""
        self.frame.x(qubit)

    def cx(self, control: QubitIndex, target: QubitIndex) -> None:
        """Flip the target where the control is 1."""
        self.frame.cx(control, target)

    def swap(self, one: QubitIndex, other: QubitIndex) -> None:
        """Exchange two qubits."""
        self.frame.swap(one, other)

    def permute(self, qubits: Sequence[QubitIndex], pattern: Sequence[int]) -> None:
        """Move the state of ``qubits[pattern[i]]`` to ``qubits[i]``."""
        self.frame.permute(qubits, [qubits[place] for place in pattern])

    def rotate(self, qubit: QubitIndex, factors: Sequence[Factor], controls: Controls = ()) -> None:
        """Apply a unitary of one qubit where all controls hold."""
        one = self.frame.is_one(qubit)
        if not one.value:
            factors = [_flipped(factor) for factor in factors]
        self.fused.rotate(self.frame.flips[qubit], one.role, factors, self._conditions(controls))

    def phase(self, controls: Controls, angle: Affine) -> None:
        """Multiply by ``exp(i angle)`` where all controls hold."""
        if angle.is_zero:
            return
        conditions = self._conditions(controls)
        if not controls:
            self.global_phase += angle
        elif len(controls) == 1:
            half_angle = angle.scaled(0.5)
            self.global_phase += half_angle
            self.fused.turn(self.frame.flips[controls[0][0]], conditions[0], half_angle)
        else:
            last = conditions[-MAX_TABLE_BITS:]
            self.fused.shift(Phase(last, angle, is_parity=False), conditions[:-MAX_TABLE_BITS])

    def turn_parity(self, qubits: Sequence[QubitIndex], half_angle: Affine) -> None:
        """Multiply by ``exp(i half_angle)`` where an odd number of qubits is 1, else conjugate."""
        if len(qubits) == 1:
            condition = self.frame.is_one(qubits[0])
            self.fused.turn(self.frame.flips[qubits[0]], condition, half_angle)
        else:
            condition = self.frame.parity_of(qubits)
            self.fused.shift(Phase((condition,), half_angle, is_parity=True))

    def map(self, qubits: Sequence[QubitIndex], matrix: NDArray[np.complex128]) -> None:
        """Apply a constant matrix [2**k, 2**k], the first qubit its lowest bit."""
        ones = [self.frame.is_one(qubit) for qubit in qubits]
        moved = sum((1 - one.value) << bit for bit, one in enumerate(ones))
        order = np.arange(len(matrix)) ^ moved
        flips = tuple(self.frame.flips[qubit] for qubit in qubits)
        roles = tuple(one.role for one in ones)
        self.fused.map(Dense(flips, roles, np.ascontiguousarray(matrix[np.ix_(order, order)])))

    def _conditions(self, controls: Controls) -> tuple[Condition, ...]:
        return tuple(self.frame.is_one(qubit, value) for qubit, value in controls)


def _flipped(factor: Factor) -> Factor:
    if not isinstance(factor, Turn):
        return flipped(factor)
    return factor if factor.axis == 1 else Turn(factor.axis, factor.half_angle.scaled(-1.0))
