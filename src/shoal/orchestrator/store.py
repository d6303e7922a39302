"""A job's folder, driven: segments are entered in the ledger once, by one driver."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from ..primitives.errors import CorruptSegmentError, StoreError
from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.shots import shot_layout
from ..primitives.workload import Workload
from .closing import Closing
from .commitments import Commitment
from .committers import FolderCommitter, PayloadCommitter
from .durable import (
    filesystem_time,
    hide_file,
    make_folder,
    remove_file,
    remove_leftovers,
    write_whole,
)
from .events_file import EventsFile
from .footers import differing_blocks
from .lease import Lease
from .ledger_file import LedgerFile, ranges_of, read_ledger
from .outcome_reader import OutcomeReader
from .ports import SegmentName, SegmentReceipt
from .segments import rewritten
from .sight import VISIBLE_SECONDS, Mark
from .stored_segments import SEGMENTS_NAME, StoredSegments, commitment_of


class FolderStore(Closing):
    """The `Store` of a job that outlives its processes; `create_or_open` and `open_job` make it.

    A context manager: leaving it gives the job up, so that others may drive it.
    """

    def __init__(
        self,
        folder: Path,
        request: Request,
        workload: Workload,
        lease: Lease,
        *,
        repair: bool = False,
        is_shared: bool | None = True,
    ) -> None:
        """Put a job's folder in order after whatever happened.

        Args:
            folder: The job's folder, which has its request.
            request: What was asked.
            workload: Its expansion.
            lease: The right to drive the job; released with the store, or if this fails.
            repair: Whether segments that are missing are forgotten, so that their blocks run again.
            is_shared: Whether all workers see the folder; if not, segments come with receipts.
                ``None``: each worker looks, and those that do not see it send theirs.

        Raises:
            CorruptSegmentError: A segment that counts is missing, and `repair` was not asked for.
            StoreError: The folder cannot be used.
        """
        self.folder = folder
        self.request = request
        self.workload = workload
        self._segments = folder / SEGMENTS_NAME
        self._is_shared = is_shared
        self.is_seen_by_all = is_shared is not False
        """Whether every worker that committed anything in this run sees the folder."""
        self._layout = shot_layout(workload)
        with ExitStack() as opened:
            self._lease = lease
            opened.callback(lease.release)
            make_folder(self._segments)
            remove_leftovers(folder)
            remove_leftovers(self._segments)
            self.events = EventsFile(folder)
            opened.callback(self.events.close)
            self._ledger = LedgerFile(folder)
            opened.callback(self._ledger.close)
            self._commitments = read_ledger(folder)
            self.stored = StoredSegments(folder, request.fingerprint, self._commitments)
            self._put_in_order(repair)
            self._note("opened", committed=len(self.committed()), shots=self.stored.shots)
            self._opened = opened.pop_all()

    @property
    def job_id(self) -> str:
        """The job's name and the first digits of its fingerprint: the name of its folder."""
        return self.folder.name

    def committed(self) -> frozenset[int]:
        """Return the blocks whose outcomes are durable."""
        return self._commitments.blocks

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        """Enter a segment in the ledger; return the blocks that it is the first to bring.

        A segment that brings nothing new is removed, one that brings little is cut down to it: the
        files hold each block once, also for readers that know no ledger.

        Raises:
            StoreError: The segment is not to be seen from here, the job was taken over by another
                driver, or the disk is full.
        """
        self._lease.check()
        if receipt.name in self._commitments:
            return frozenset()
        if receipt.payload is not None:
            self.is_seen_by_all = False
            write_whole(self._segments / receipt.name, receipt.payload)
        wait_for_segment(self._segments / receipt.name, receipt)
        return self._enter(Commitment.of(receipt))

    def committer(self) -> FolderCommitter | PayloadCommitter:
        """Return the worker's side: picklable, to be shipped to where the engine is."""
        fingerprint = self.stored.fingerprint
        if self._is_shared is False:
            return PayloadCommitter(fingerprint, self._layout)
        segments = self._segments.absolute()
        mark = Mark(segments.parent, self._lease.token)
        may_carry = self._is_shared is None
        return FolderCommitter(segments, fingerprint, self._layout, mark, may_carry)

    def reader(self) -> OutcomeReader:
        """Return a picklable reader of the blocks that are committed now."""
        return self.stored.reader()

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read committed blocks back, each exactly once, in the order given."""
        return self.stored.outcomes(blocks)

    def forget(self, name: SegmentName, reason: str) -> frozenset[int]:
        """Give a segment up, so that its blocks run again; its file is hidden, not removed.

        Args:
            name: The segment, as `CorruptSegmentError.segment` has it.
            reason: Why, for the ledger.

        Returns:
            The blocks that are missing now.
        """
        self._lease.check()
        self._ledger.forget(name, reason)
        blocks = self._commitments.forget(name)
        hide_file(self._segments / name, "corrupt")
        self._note("forgotten", segment=name, blocks=ranges_of(sorted(blocks)), reason=reason)
        return blocks

    def close(self) -> None:
        """Take in what came late, and give the job up."""
        with self._opened, suppress(StoreError):
            self._lease.check()
            try:
                self._adopt(self._candidates())
            except StoreError as error:
                self._note("not_adopted", reason=str(error))
            self._note("closed", committed=len(self.committed()), shots=self.stored.shots)

    def _note(self, event: str, **words: object) -> None:
        self.events.note(event, words)

    def _put_in_order(self, repair: bool) -> None:
        """Bring ledger and segments into agreement; the segments are the truth."""
        missing = self.stored.missing()
        for commitment in missing:
            self._commitments.forget(commitment.name)
        candidates = self._candidates()
        found = {block for candidate in candidates for block in candidate.blocks}
        lost = [one for one in missing if self._commitments.missing_of(one.blocks) - found]
        if not repair:
            self.stored.require(lost)
        for commitment in missing:
            self.forget(commitment.name, "missing")
        self._adopt(candidates)

    def _candidates(self) -> list[Commitment]:
        """Check the segments that no ledger line names; hide those that are damaged."""
        found = []
        for name in self.stored.unrecorded():
            try:
                noted = self.stored.noted.get(name)
                seconds = noted.seconds if noted else 0.0
                found.append(replace(commitment_of(self.stored.open(name)), seconds=seconds))
            except CorruptSegmentError as error:
                hide_file(self._segments / name, "corrupt")
                self._note("not_adopted", segment=name, reason=str(error))
        return found

    def _adopt(self, candidates: Iterable[Commitment]) -> None:
        for candidate in candidates:
            new = self._enter(candidate)
            self._note("adopted", segment=candidate.name, blocks=ranges_of(sorted(new)))

    def _enter(self, commitment: Commitment) -> frozenset[int]:
        if commitment.name in self._commitments:
            return frozenset()
        new = self._commitments.missing_of(commitment.blocks)
        if len(new) == len(commitment.blocks):
            self._commit(commitment)
            return new
        self._compare(commitment, new)
        if new:
            self._commit(self._cut_down(commitment, new))
        remove_file(self._segments / commitment.name)
        return new

    def _commit(self, commitment: Commitment) -> None:
        self._ledger.commit(commitment)
        self._commitments.add(commitment)

    def _cut_down(self, commitment: Commitment, blocks: frozenset[int]) -> Commitment:
        """Write a segment again with some of its blocks only."""
        name, content = rewritten(self.stored.open(commitment.name), blocks, self._layout)
        write_whole(self._segments / name, content)
        return replace(commitment_of(self.stored.open(name)), seconds=commitment.seconds)

    def _compare(self, commitment: Commitment, new: frozenset[int]) -> None:
        """Note blocks that came out differently when run twice: an engine broke its word."""
        repeated = [block for block in commitment.blocks if block not in new]
        mine = self.stored.open(commitment.name).footer
        for name in sorted({self._commitments.segment_of[block] for block in repeated}):
            differing = differing_blocks(mine, self.stored.open(name).footer)
            if differing:
                self._note(
                    "differing", segments=[name, commitment.name], blocks=ranges_of(differing)
                )
        self._note("repeated", segment=commitment.name, blocks=ranges_of(repeated))


def wait_for_segment(path: Path, receipt: SegmentReceipt) -> None:
    """Wait until a segment that a worker has written is to be seen from here.

    Args:
        path: Where it is to be.
        receipt: The worker's word.

    Raises:
        StoreError: It does not come to be seen.
    """
    deadline = time.monotonic() + VISIBLE_SECONDS
    while not path.exists():
        filesystem_time(path.parent)  # which has NFS look at the folder anew
        if time.monotonic() > deadline and not path.exists():
            raise StoreError(
                f"worker {receipt.worker} on {receipt.node} has written {path}, but it is "
                "not to be seen from here: is the store on a filesystem that all nodes share?"
            )
        time.sleep(0.05)
