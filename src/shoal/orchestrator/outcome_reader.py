"""Committed blocks, read back from wherever their segments rest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..primitives.errors import StoreError
from ..primitives.outcomes import BlockOutcome
from .durable import explained
from .ports import SegmentName
from .segments import Segment, corrupt

OPEN_SEGMENTS = 4
"""Segments that a reader holds at once; blocks are mostly asked for in the order of their files."""


class SegmentSource(Protocol):
    """Where the bytes of segments are."""

    def read(self, name: SegmentName) -> bytes:
        """Return a segment's bytes, unchecked.

        Raises:
            CorruptSegmentError: It is not there any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Segments in a folder."""

    segments: Path

    def read(self, name: SegmentName) -> bytes:
        """Read one file, all of it: one request, the kind that shared filesystems serve best."""
        path = self.segments / name
        with explained(path):
            try:
                return path.read_bytes()
            except FileNotFoundError as error:
                raise corrupt(name, f"{path} is missing") from error


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Segments in this process's memory."""

    contents: Mapping[SegmentName, bytes]

    def read(self, name: SegmentName) -> bytes:
        """Return one segment."""
        return self.contents[name]


@dataclass(frozen=True, slots=True)
class OutcomeReader:
    """Reads some of a job's blocks: a small value, to be shipped to where they are reduced."""

    source: SegmentSource
    fingerprint: str
    segment_of: Mapping[int, SegmentName]
    """Where each block rests."""

    def of(self, blocks: Iterable[int]) -> OutcomeReader:
        """Return a reader of some of the blocks only.

        Raises:
            StoreError: One of them is not committed.
        """
        return OutcomeReader(
            self.source, self.fingerprint, {block: self._place(block) for block in blocks}
        )

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read blocks, each once, in the order given.

        Raises:
            StoreError: One of them is not committed.
            CorruptSegmentError: A segment does not hold what was written.
        """
        opened: OrderedDict[SegmentName, Segment] = OrderedDict()
        last = ""
        for block in blocks:
            name = self._place(block)
            if last in opened and name != last:
                # Its rows take many times the space of the file, and are seldom asked for again.
                opened[last].release()
            last = name
            if name not in opened:
                opened[name] = Segment(name, self.source.read(name), self.fingerprint)
                if len(opened) > OPEN_SEGMENTS:
                    opened.popitem(last=False)
            opened.move_to_end(name)
            yield opened[name].outcome(block)

    def _place(self, block: int) -> SegmentName:
        try:
            return self.segment_of[block]
        except KeyError:
            raise StoreError(
                f"block {block} is not committed; {len(self.segment_of)} others are. Run the "
                "job to its end first"
            ) from None
