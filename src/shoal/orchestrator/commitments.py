"""Which segment counts for which block: the ledger as a value in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from .ports import SegmentName, SegmentReceipt


@dataclass(frozen=True, slots=True)
class Commitment:
    """One segment that counts, with all of its blocks."""

    name: SegmentName
    blocks: tuple[int, ...]
    """Rising."""
    shots: int
    num_bytes: int
    sha256: str
    """Of the file."""
    worker: str
    node: str
    seconds: float
    """Time spent in the engine and in the commit."""

    @classmethod
    def of(cls, receipt: SegmentReceipt) -> Commitment:
        """Read a worker's receipt."""
        return cls(
            receipt.name,
            tuple(sorted(receipt.blocks)),
            receipt.shots,
            receipt.num_bytes,
            receipt.sha256,
            sys.intern(receipt.worker),  # of very many segments few are of different workers
            sys.intern(receipt.node),
            receipt.seconds,
        )

    def over(self, blocks: Iterable[int]) -> Commitment:
        """Return a copy that counts for some of the blocks only."""
        return replace(self, blocks=tuple(sorted(blocks)))


class Commitments:
    """Commitments in the order in which they were made; the first to bring a block has it."""

    def __init__(self) -> None:
        self._by_name: dict[SegmentName, Commitment] = {}
        self._segment_of: dict[int, SegmentName] = {}

    def __iter__(self) -> Iterator[Commitment]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: SegmentName) -> bool:
        return name in self._by_name

    def __getitem__(self, name: SegmentName) -> Commitment:
        return self._by_name[name]

    @property
    def segment_of(self) -> Mapping[int, SegmentName]:
        """Where each committed block rests."""
        return MappingProxyType(self._segment_of)

    @property
    def blocks(self) -> frozenset[int]:
        """Every committed block."""
        return frozenset(self._segment_of)

    @property
    def shots(self) -> int:
        """Shots of all segments that count."""
        return sum(commitment.shots for commitment in self)

    def missing_of(self, blocks: Iterable[int]) -> frozenset[int]:
        """Return those of some blocks that no segment has brought yet."""
        return frozenset(block for block in blocks if block not in self._segment_of)

    def add(self, commitment: Commitment) -> frozenset[int]:
        """Enter a segment; return the blocks that it is the first to bring."""
        new = self.missing_of(commitment.blocks)
        if new and commitment.name not in self._by_name:
            self._by_name[commitment.name] = commitment.over(new)
            self._segment_of.update(dict.fromkeys(new, commitment.name))
            return new
        return frozenset()

    def forget(self, name: SegmentName) -> frozenset[int]:
        """Take a segment out; return the blocks that are missing for it."""
        commitment = self._by_name.pop(name, None)
        if commitment is None:
            return frozenset()
        for block in commitment.blocks:
            del self._segment_of[block]
        return frozenset(commitment.blocks)
