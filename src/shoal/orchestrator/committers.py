"""The worker's side of a store: outcomes become a segment, in place or in the receipt."""

from __future__ import annotations

import errno
import hashlib
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ..primitives.errors import StoreError
from ..primitives.outcomes import BlockOutcome
from ..primitives.shots import ShotLayout
from .durable import write_whole
from .footers import Origin, package_versions
from .ports import SegmentReceipt, WorkerId
from .segments import encode_segment, segment_name
from .sight import VISIBLE_SECONDS, Mark, unseen


@dataclass(frozen=True, slots=True)
class PayloadCommitter:
    """Carries a shard's segment in the receipt, for a driver that shares no folder with us."""

    fingerprint: str
    """Of the job's request."""
    layout: ShotLayout

    def check(self) -> None:
        """Do nothing: receipts come through wherever shards do."""

    def commit(
        self, outcomes: Sequence[BlockOutcome], *, worker: WorkerId, seconds: float
    ) -> SegmentReceipt:
        """Make a segment of a shard's outcomes.

        Args:
            outcomes: One or more, of distinct blocks.
            worker: Who executed them.
            seconds: Time that the engine took.

        Returns:
            The receipt, with the segment in it.
        """
        if not outcomes:
            raise ValueError(f"worker {worker} has nothing to commit: a segment needs a block")
        started = time.perf_counter()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        node = socket.gethostname()
        origin = Origin(self.fingerprint, worker, node, now, package_versions())
        content = encode_segment(outcomes, self.layout, origin)
        sha256 = hashlib.sha256(content).hexdigest()
        blocks = tuple(sorted(outcome.block for outcome in outcomes))
        return SegmentReceipt(
            name=segment_name(blocks, sha256),
            blocks=blocks,
            shots=sum(map(_shots_of, outcomes)),
            num_bytes=len(content),
            sha256=sha256,
            worker=worker,
            node=node,
            seconds=seconds + time.perf_counter() - started,
            payload=content,
        )


@dataclass(frozen=True, slots=True)
class FolderCommitter:
    """Writes a shard's segment into the job's folder: durable before the receipt is given."""

    segments: Path
    """The folder of the job's segments, as the driver calls it."""
    fingerprint: str
    layout: ShotLayout
    mark: Mark | None = None
    """What a node sees that sees the same folder as the driver; ``None``: they all do."""
    may_carry: bool = False
    """Whether a node that does not see the folder, or may not write it, sends segments along with
    receipts instead."""

    def check(self) -> None:
        """Make sure that outcomes can be committed from here.

        Raises:
            StoreError: This node does not see the folder.
        """
        if self.mark and not self.may_carry and not self.mark.is_seen(VISIBLE_SECONDS):
            raise unseen(self.mark.folder, socket.gethostname())

    def commit(
        self, outcomes: Sequence[BlockOutcome], *, worker: WorkerId, seconds: float
    ) -> SegmentReceipt:
        """Make a shard's outcomes durable, or carry them along.

        Args:
            outcomes: One or more, of distinct blocks.
            worker: Who executed them.
            seconds: Time that the engine took.

        Raises:
            StoreError: The folder cannot be written, or the disk is full.
        """
        started = time.perf_counter()
        maker = PayloadCommitter(self.fingerprint, self.layout)
        receipt = maker.commit(outcomes, worker=worker, seconds=seconds)
        if self.mark and self.may_carry and not self.mark.is_seen():
            return receipt
        assert receipt.payload is not None
        try:
            write_whole(self.segments / receipt.name, receipt.payload)
        except StoreError as error:
            if self.may_carry and _is_refused(error):
                return receipt
            raise
        taken = time.perf_counter() - started
        return replace(receipt, payload=None, seconds=seconds + taken)


def _is_refused(error: StoreError) -> bool:
    """Say whether this node may not write, where the driver may: another mount, or another user."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


def _shots_of(outcome: BlockOutcome) -> int:
    return sum(
        shots.rows.size if shots.counts is None else int(shots.counts.sum())
        for shots in outcome.shots
    )
