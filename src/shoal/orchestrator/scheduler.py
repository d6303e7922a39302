"""The loop that has a workload executed: events in, shards out, until every block is committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from ..primitives.errors import JobCancelledError
from ..primitives.job import Progress
from ..primitives.workload import Workload
from .needs import BlockNeeds
from .policies import Policy
from .ports import Executor, Shard, Store, WorkerId
from .run_state import Journal, RunReport, RunState
from .walltime import Walltime

POLL_SECONDS = 0.2
"""How long the loop waits for events; a wish to cancel is heard after so long at the latest."""


class Control(Protocol):
    """What the loop sees of its job."""

    def cancelled(self) -> bool:
        """Return whether the job is to end at the next opportunity."""
        ...

    def report(self, progress: Progress) -> None:
        """Say how far the work has come."""
        ...


def run_job(
    workload: Workload,
    store: Store,
    executor: Executor,
    *,
    control: Control,
    policy: Policy | None = None,
    journal: Journal | None = None,
    clock: Callable[[], float] = time.monotonic,
    deadline: float | Walltime | None = None,
    elsewhere: Iterable[int] = (),
    needs: BlockNeeds | None = None,
) -> RunReport:
    """Have every block that is not committed yet executed, and its outcome recorded.

    Args:
        workload: What is to be executed.
        store: Where it rests, and what rests there already.
        executor: Who executes it. It is left open.
        control: The job's wish to end, and where progress goes.
        policy: The numbers that retries go by.
        journal: Keeps what happened to workers and shards.
        clock: The time, in seconds.
        deadline: When the workers are taken away, by that clock: no shard is started that would
            not be done by then, and none is waited for any longer. ``None``: nobody takes them
            away.
        elsewhere: Blocks that no worker is to run: the executor brings them by itself.
        needs: What each block needs of a worker; ``None``: all the same.

    Returns:
        How it went.

    Raises:
        EngineError: The engine refused or broke on a block; other shards that were running are
            committed.
        ExecutionError: There are no workers any more, or a block was tried often enough.
        JobCancelledError: The control said so.
        StoreError: An outcome could not be recorded.
    """
    walltime = deadline if isinstance(deadline, Walltime) else Walltime(deadline)
    run = RunState(
        workload, store, policy or Policy(), journal or _forget, clock(), elsewhere, needs
    )
    control.report(run.progress(clock()))
    while not run.is_over:
        if control.cancelled():
            raise JobCancelledError(
                f"the job was cancelled with {run.ledger.num_left} of {len(workload.blocks)} blocks"
                " left; what is committed is kept"
            )
        if walltime.is_draining:
            run.drain()
        if (walltime.seconds_left(clock()) or 0.0) < 0.0:
            break
        for worker, shard in _to_send(run, clock(), walltime):
            executor.submit(shard, [workload.blocks[block] for block in shard.blocks], worker)
        for event in executor.poll(POLL_SECONDS):
            run.take_in(event, clock())
        run.give_up_the_silent(clock())
        control.report(run.progress(clock()))
    if run.failure is not None:
        raise run.failure
    return run.summary(clock())


def _to_send(run: RunState, now: float, walltime: Walltime) -> Iterator[tuple[WorkerId, Shard]]:
    yield from run.assignments(now, walltime.seconds_left(now))
    yield from run.backups(now)


def _forget(name: str, words: Mapping[str, Any]) -> None:
    """Keep nothing."""
