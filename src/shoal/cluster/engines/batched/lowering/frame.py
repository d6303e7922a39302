"""Where a circuit's qubits are in the stored amplitudes, so that CX, X and SWAP cost nothing.

Amplitude ``x`` of the stored state belongs to the basis state ``y = A x + a`` over GF(2). A CX, X
or SWAP changes ``A`` and ``a`` and touches no amplitude.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Mask = int
"""A set of bits of an amplitude's index."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That the parity of ``index & role`` equals ``value``."""

    role: Mask
    value: int


def parity(mask: Mask) -> int:
    """Return whether an odd number of bits is set."""
    return mask.bit_count() & 1


class Frame:
    """A row of ``A``, a bit of ``a`` and a column of the inverse of ``A`` for each qubit."""

    def __init__(self, num_qubits: int) -> None:
        """Start with every qubit in its own place."""
        self.roles: list[Mask] = [1 << qubit for qubit in range(num_qubits)]
        self.values: list[int] = [0] * num_qubits
        self.flips: list[Mask] = list(self.roles)

    def copy(self) -> Frame:
        """Return a frame that can go its own way."""
        other = Frame(0)
        other.roles, other.values, other.flips = self.roles[:], self.values[:], self.flips[:]
        return other

    def x(self, qubit: int) -> None:
        """Flip a qubit."""
        self.values[qubit] ^= 1

    def cx(self, control: int, target: int) -> None:
        """Flip the target where the control is 1."""
        self.roles[target] ^= self.roles[control]
        self.values[target] ^= self.values[control]
        self.flips[control] ^= self.flips[target]

    def swap(self, one: int, other: int) -> None:
        """Exchange two qubits."""
        for rows in (self.roles, self.values, self.flips):
            rows[one], rows[other] = rows[other], rows[one]

    def permute(self, targets: Sequence[int], sources: Sequence[int]) -> None:
        """Move the state of each source to the target at the same place."""
        for rows in (self.roles, self.values, self.flips):
            moved = [rows[source] for source in sources]
            for target, row in zip(targets, moved, strict=True):
                rows[target] = row

    def is_one(self, qubit: int, value: int = 1) -> Condition:
        """Return when a qubit has a value."""
        return Condition(self.roles[qubit], value ^ self.values[qubit])

    def flip_of(self, qubits: Iterable[int]) -> Mask:
        """Return which bits of an index flip when qubits do."""
        mask = 0
        for qubit in qubits:
            mask ^= self.flips[qubit]
        return mask

    def parity_of(self, qubits: Iterable[int]) -> Condition:
        """Return when an odd number of qubits is 1."""
        role, value = 0, 1
        for qubit in qubits:
            role ^= self.roles[qubit]
            value ^= self.values[qubit]
        return Condition(role, value)
