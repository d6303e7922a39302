"""A store in memory: nothing is written, nothing outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..primitives.errors import StoreError
from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.shots import shot_layout
from ..primitives.workload import Workload
from .commitments import Commitment, Commitments
from .committers import PayloadCommitter
from .outcome_reader import MemorySource, OutcomeReader
from .ports import SegmentName, SegmentReceipt


class MemoryStore:
    """The `Store` of a job whose results are wanted once, by the process that asked for them."""

    def __init__(self, request: Request, workload: Workload) -> None:
        """Make an empty store.

        Args:
            request: What was asked.
            workload: Its expansion.
        """
        self._committer = PayloadCommitter(request.fingerprint, shot_layout(workload))
        self._contents: dict[SegmentName, bytes] = {}
        self._commitments = Commitments()

    def committed(self) -> frozenset[int]:
        """Return the blocks whose outcomes are here."""
        return self._commitments.blocks

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        """Keep the segment that a receipt carries; return the blocks that it is the first to bring.

        Raises:
            StoreError: The receipt carries none.
        """
        if receipt.payload is None:
            raise StoreError(
                f"segment {receipt.name} of worker {receipt.worker} did not come along with its "
                "receipt; a store in memory needs its own committer"
            )
        new = self._commitments.add(Commitment.of(receipt))
        if new:
            self._contents[receipt.name] = receipt.payload
        return new

    def committer(self) -> PayloadCommitter:
        """Return the worker's side: it sends segments along with receipts."""
        return self._committer

    def reader(self) -> OutcomeReader:
        """Return a reader of the blocks that are committed now."""
        segment_of = dict(self._commitments.segment_of)
        return OutcomeReader(MemorySource(self._contents), self._committer.fingerprint, segment_of)

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read committed blocks back, each exactly once, in the order given."""
        return self.reader().outcomes(blocks)
