"""A growing list of operations in which neighbours are merged as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from .affine import Affine
from .frame import Condition, Mask
from .operations import (
    MAX_TABLE_BITS,
    Dense,
    Diagonal,
    Factor,
    Operation,
    Phase,
    Rotation,
    Turn,
    commute,
    extended_span,
)

LOOK_BACK = 200
"""How many operations back a partner is looked for."""


class FusedOperations:
    """Runs of one-qubit gates become one rotation, phases on few bits become one table."""

    def __init__(self) -> None:
        """Start empty."""
        self.operations: list[Operation] = []

    def rotate(
        self,
        flip: Mask,
        role: Mask,
        factors: Sequence[Factor],
        controls: tuple[Condition, ...] = (),
    ) -> None:
        """Append a unitary of one qubit."""
        rotation = Rotation(flip, role, list(factors), controls)
        if not controls:
            for earlier in self._reachable(rotation):
                if _is_rotation_of(earlier, flip, role):
                    earlier.factors.extend(rotation.factors)
                    return
                if isinstance(earlier, Diagonal):
                    self._take_turns(earlier, rotation)
        self.operations.append(rotation)

    def turn(self, flip: Mask, condition: Condition, angle: Affine) -> None:
        """Append ``exp(i angle)`` where a qubit's condition holds, ``exp(-i angle)`` elsewhere."""
        phase = Phase((condition,), angle, is_parity=True)
        for earlier in self._reachable(Diagonal([phase], span=[condition.role])):
            if _is_rotation_of(earlier, flip, condition.role):
                earlier.factors.append(_as_turn(phase))
                return
        self.shift(phase)

    def shift(self, phase: Phase, controls: tuple[Condition, ...] = ()) -> None:
        """Append a phase of some amplitudes."""
        roles = tuple(condition.role for condition in phase.conditions)
        diagonal = Diagonal([phase], controls, extended_span([], roles))
        if not controls:
            for earlier in self._reachable(diagonal):
                if not isinstance(earlier, Diagonal) or earlier.controls:
                    continue
                span = extended_span(earlier.span, roles)
                if len(span) <= MAX_TABLE_BITS:
                    earlier.phases.append(phase)
                    earlier.span = span
                    return
        self.operations.append(diagonal)

    def map(self, dense: Dense) -> None:
        """Append any linear map of a few bits."""
        self.operations.append(dense)

    def _reachable(self, operation: Operation) -> Iterator[Operation]:
        """Walk back over what an operation could be merged with, the first obstacle included."""
        for earlier in self.operations[: -LOOK_BACK - 1 : -1]:
            yield earlier
            if not commute(earlier, operation):
                return

    def _take_turns(self, diagonal: Diagonal, rotation: Rotation) -> None:
        """Move a qubit's own phases out of a table into the rotation that follows it."""
        if diagonal.controls:
            return
        taken = [
            p for p in diagonal.phases if p.is_parity and p.conditions[0].role == rotation.role
        ]
        if not taken:
            return
        rotation.factors[:0] = map(_as_turn, taken)
        diagonal.phases = [phase for phase in diagonal.phases if phase not in taken]
        diagonal.span = []
        for phase in diagonal.phases:
            roles = tuple(condition.role for condition in phase.conditions)
            diagonal.span = extended_span(diagonal.span, roles)
        if not diagonal.phases:
            self.operations.remove(diagonal)


def _is_rotation_of(operation: Operation, flip: Mask, role: Mask) -> TypeGuard[Rotation]:
    return (
        isinstance(operation, Rotation)
        and not operation.controls
        and operation.flip == flip
        and operation.role == role
    )


def _as_turn(phase: Phase) -> Turn:
    """Rewrite a parity phase as a turn about Z."""
    return Turn(3, phase.angle if phase.conditions[0].value else phase.angle.scaled(-1.0))
