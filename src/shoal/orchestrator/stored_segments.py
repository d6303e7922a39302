"""A job's folder, read only: which segments count, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..primitives.errors import CorruptSegmentError
from ..primitives.outcomes import BlockOutcome
from .commitments import Commitment, Commitments
from .durable import explained
from .ledger_file import read_ledger
from .outcome_reader import FolderSource, OutcomeReader
from .ports import SegmentName
from .segments import SUFFIX, Segment, corrupt, mismatch
from .task_files import noted_segments

SEGMENTS_NAME = "segments"

VERIFY_THREADS = 4
"""Segments that are read at once when all of them are checked: filesystems answer slowly."""


class StoredSegments:
    """The segments of one job, as its folder has them at this moment."""

    def __init__(self, folder: Path, fingerprint: str, commitments: Commitments) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self._commitments = commitments
        self._source = FolderSource(folder / SEGMENTS_NAME)
        self.noted: Mapping[SegmentName, Commitment] = {}
        """What tasks of an array had noted when it was last looked for unrecorded segments."""

    @classmethod
    def read(cls, folder: Path, fingerprint: str) -> StoredSegments:
        """Read the ledger, and the segments that it does not know yet; write nothing.

        Args:
            folder: The job's folder.
            fingerprint: The job's.

        Raises:
            CorruptSegmentError: A segment that counts is missing.
        """
        found = cls(folder, fingerprint, read_ledger(folder))
        for name in found.unrecorded():
            try:
                # What a task of an array has noted need not be read to be known.
                noted = found.noted.get(name)
                found._commitments.add(noted or commitment_of(found.open(name)))
            except CorruptSegmentError:
                # It never counted: the next driver takes it away.
                continue
        found.require(found.missing())
        return found

    def committed(self) -> frozenset[int]:
        """Return the blocks whose outcomes are durable."""
        return self._commitments.blocks

    @property
    def shots(self) -> int:
        """Shots of all segments that count."""
        return self._commitments.shots

    def commitments(self) -> tuple[Commitment, ...]:
        """Return the segments that count, in the order in which they came."""
        return tuple(self._commitments)

    def paths(self) -> list[Path]:
        """Return the files that count: `pyarrow.dataset.dataset(paths)` has each shot once."""
        return [self._source.segments / commitment.name for commitment in self._commitments]

    def reader(self) -> OutcomeReader:
        """Return a reader of the blocks that are committed now."""
        return OutcomeReader(self._source, self.fingerprint, dict(self._commitments.segment_of))

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read committed blocks back, each exactly once, in the order given.

        Raises:
            StoreError: A block is not committed.
            CorruptSegmentError: A segment does not hold what was written.
        """
        return self.reader().outcomes(blocks)

    def verify(self) -> list[CorruptSegmentError]:
        """Read every segment that counts and compare it with its hash; return what is wrong."""
        with ThreadPoolExecutor(VERIFY_THREADS) as pool:
            found = pool.map(self._damage, list(self._commitments))
            return [error for error in found if error is not None]

    def open(self, name: SegmentName) -> Segment:
        """Read and check one segment.

        Raises:
            CorruptSegmentError: It is missing, or not what was written.
        """
        return Segment(name, self._source.read(name), self.fingerprint)

    def unrecorded(self) -> list[SegmentName]:
        """Return the segments that no line of the ledger names, in the order of their names."""
        self.noted = noted_segments(self.folder)
        present = self._present()
        # On a shared filesystem a listing may be older than a file: ask for it by name.
        late = {name for name in self.noted if name not in present and self._exists(name)}
        return sorted(name for name in present | late if name not in self._commitments)

    def missing(self) -> list[Commitment]:
        """Return the segments that count and are not there."""
        present = self._present()
        return [
            commitment
            for commitment in self._commitments
            if commitment.name not in present and not self._exists(commitment.name)
        ]

    def require(self, missing: list[Commitment]) -> None:
        """Refuse to go on without segments that count.

        Raises:
            CorruptSegmentError: There are such.
        """
        if missing:
            others = f" and {len(missing) - 1} others are" if len(missing) > 1 else " is"
            raise corrupt(missing[0].name, f"it{others} missing from {self._source.segments}")

    def _damage(self, commitment: Commitment) -> CorruptSegmentError | None:
        try:
            found = hashlib.sha256(self._source.read(commitment.name)).hexdigest()
        except CorruptSegmentError as error:
            return error
        if found != commitment.sha256:
            return mismatch(commitment.name, found, commitment.sha256)
        return None

    def _exists(self, name: SegmentName) -> bool:
        return (self._source.segments / name).exists()

    def _present(self) -> frozenset[SegmentName]:
        with explained(self._source.segments):
            if not self._source.segments.is_dir():
                return frozenset()
            return frozenset(
                path.name
                for path in self._source.segments.iterdir()
                if path.name.endswith(SUFFIX) and not path.name.startswith(".")
            )


def commitment_of(segment: Segment) -> Commitment:
    """Describe a segment from what it says itself, as a receipt would have."""
    origin = segment.footer.origin
    return Commitment(
        name=segment.name,
        blocks=segment.blocks,
        shots=segment.shots,
        num_bytes=segment.num_bytes,
        sha256=segment.sha256,
        worker=origin.worker,
        node=origin.node,
        seconds=0.0,
    )
