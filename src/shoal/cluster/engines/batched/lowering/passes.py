"""Groups operations so that many are applied to a piece of the state while it is in cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .frame import Mask
from .operations import Operation, commute
from .readings import Reading

Step = Operation | Reading


@dataclass(frozen=True, slots=True)
class Block:
    """A linear subspace of indices; its cosets are the pieces that are brought into cache."""

    vectors: tuple[Mask, ...]
    """A reduced basis, pivots rising: each vector's highest bit, which no other has."""

    def place(self, flip: Mask) -> Mask:
        """Write a vector of the subspace in its basis."""
        return sum(
            (flip >> vector.bit_length() - 1 & 1) << bit for bit, vector in enumerate(self.vectors)
        )

    def inner(self, role: Mask) -> Mask:
        """Write a parity of indices as one of places in the basis."""
        return sum(
            ((role & vector).bit_count() & 1) << bit for bit, vector in enumerate(self.vectors)
        )

    @property
    def pivots(self) -> Mask:
        """The bits that are zero in the index of a piece."""
        return sum(1 << vector.bit_length() - 1 for vector in self.vectors)


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep over the state, piece by piece."""

    block: Block
    steps: tuple[Step, ...]


def schedule(steps: Sequence[Step], num_bits: int, block_bits: int) -> tuple[Pass, ...]:
    """Group steps into passes.

    Args:
        steps: Operations and readings in order.
        num_bits: Bits of an amplitude's index.
        block_bits: How many bits of a piece fit the cache.

    Returns:
        Passes that do the same; one pass over the whole state where it is no larger than a piece.
    """
    if num_bits <= block_bits:
        return (Pass(Block(tuple(1 << bit for bit in range(num_bits))), tuple(steps)),)
    passes = []
    left = list(steps)
    while left:
        taken, left, vectors = _take(left, block_bits)
        passes.append(Pass(_filled(vectors, num_bits, block_bits), tuple(taken)))
    return tuple(passes)


def _take(steps: Sequence[Step], block_bits: int) -> tuple[list[Step], list[Step], list[Mask]]:
    """Take what fits one block and may be done before everything that does not."""
    vectors: list[Mask] = []
    taken: list[Step] = []
    left: list[Step] = []
    left_operations: list[Operation] = []
    for step in steps:
        wider = _reduced(vectors, step.flips)
        if len(wider) <= block_bits and _may_overtake(step, left_operations):
            vectors = wider
            taken.append(step)
        else:
            left.append(step)
            if isinstance(step, Operation):
                left_operations.append(step)
    return taken, left, vectors


def _may_overtake(step: Step, operations: Sequence[Operation]) -> bool:
    """Return whether a step may be done before operations that come before it; readings follow."""
    if not isinstance(step, Operation):
        return not operations
    return all(commute(step, operation) for operation in operations)


def _reduced(vectors: Sequence[Mask], flips: Sequence[Mask]) -> list[Mask]:
    """Return the reduced basis, by rising pivots, of a span and further vectors."""
    basis = list(vectors)
    for flip in flips:
        rest = flip
        for vector in basis:
            if rest >> vector.bit_length() - 1 & 1:
                rest ^= vector
        if rest:
            pivot = rest.bit_length() - 1
            basis = [vector ^ rest if vector >> pivot & 1 else vector for vector in basis]
            basis.append(rest)
    return sorted(basis)


def _filled(vectors: list[Mask], num_bits: int, block_bits: int) -> Block:
    """Fill a block up with neighbours in memory, so that every piece has the same size."""
    for bit in range(num_bits):
        if len(vectors) == block_bits:
            break
        vectors = _reduced(vectors, [1 << bit])
    return Block(tuple(vectors))
