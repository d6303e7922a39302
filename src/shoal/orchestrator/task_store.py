"""A job's folder as one task of an array has it: its own part to fill, no driver in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.shots import shot_layout
from ..primitives.workload import Workload
from .array_tasks import ArrayTask
from .closing import Closing
from .commitments import Commitment
from .committers import FolderCommitter, PayloadCommitter
from .costs import block_costs
from .durable import make_folder, write_whole
from .events_file import EventsFile
from .ledger_file import LedgerFile
from .ports import SegmentReceipt
from .sight import Mark
from .store import wait_for_segment
from .stored_segments import SEGMENTS_NAME, StoredSegments
from .task_files import LEDGER_SUFFIX, TASKS_NAME, note_done, take_lease, task_folder


class TaskStore(Closing):
    """The `Store` of one task: blocks of other tasks' parts are none of its business.

    A context manager: leaving it gives the task up, so that it may be run again.
    """

    def __init__(
        self,
        folder: Path,
        task: ArrayTask,
        request: Request,
        workload: Workload,
        *,
        is_shared: bool = True,
    ) -> None:
        """Take up a task, or its rest.

        Args:
            folder: The job's folder, which has its request.
            task: Which of how many.
            request: What was asked.
            workload: Its expansion.
            is_shared: Whether workers see the folder; otherwise segments come with receipts.

        Raises:
            StoreError: The folder cannot be used, or another process runs the same task.
        """
        self.folder = folder
        self.task = task
        self.request = request
        self.workload = workload
        self._is_shared = is_shared
        self._layout = shot_layout(workload)
        self._segments = folder / SEGMENTS_NAME
        self._part = frozenset(np.flatnonzero(task.part(block_costs(workload).seconds)).tolist())
        with ExitStack() as opened:
            self._lease = take_lease(task_folder(folder, task))
            opened.callback(self._lease.release)
            make_folder(self._segments)
            self.events = EventsFile(task_folder(folder, task))
            opened.callback(self.events.close)
            name = f"{task.name}{LEDGER_SUFFIX}"
            self._ledger = LedgerFile(folder / TASKS_NAME, name)
            opened.callback(self._ledger.close)
            self._done = StoredSegments.read(folder, request.fingerprint).committed() & self._part
            self.events.note("opened", {"part": len(self._part), "committed": len(self._done)})
            self._opened = opened.pop_all()

    @property
    def job_id(self) -> str:
        """The job's, not the task's."""
        return self.folder.name

    @property
    def part(self) -> frozenset[int]:
        """The blocks that are this task's to run."""
        return self._part

    @property
    def is_complete(self) -> bool:
        """Whether every block of the part is durable."""
        return self._done == self._part

    def committed(self) -> frozenset[int]:
        """Return the blocks that this task has not to run: other parts' among them."""
        return frozenset(range(len(self.workload.blocks))) - self._part | self._done

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        """Note a segment; return the blocks that it is the first to bring.

        One that brings nothing is left to whoever reduces, to be compared and removed.

        Raises:
            StoreError: The segment is not to be seen from here, the task was taken over, or the
                disk is full.
        """
        self._lease.check()
        if receipt.payload is not None:
            write_whole(self._segments / receipt.name, receipt.payload)
        wait_for_segment(self._segments / receipt.name, receipt)
        new = frozenset(receipt.blocks) - self._done
        if new:
            self._ledger.commit(Commitment.of(receipt))
            self._done |= new
        return new

    def committer(self) -> FolderCommitter | PayloadCommitter:
        """Return the worker's side: picklable, to be shipped to where the engine is."""
        fingerprint = self.request.fingerprint
        if self._is_shared:
            mark = Mark(task_folder(self.folder, self.task).absolute(), self._lease.token)
            return FolderCommitter(self._segments.absolute(), fingerprint, self._layout, mark)
        return PayloadCommitter(fingerprint, self._layout)

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read committed blocks back, whoever committed them, in the order given."""
        return StoredSegments.read(self.folder, self.request.fingerprint).outcomes(blocks)

    def close(self) -> None:
        """Say whether the part is complete, and give the task up."""
        with self._opened:
            self.events.note("closed", {"committed": len(self._done)})
            self._ledger.close()
            if self.is_complete:
                note_done(self.folder, self.task, len(self._part))
