"""The state of one run of a job: what there is to do, who is there to do it, what has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..primitives.errors import EngineError, ExecutionError, ShoalError, StoreError
from ..primitives.job import Progress
from ..primitives.workload import Workload
from .costs import block_costs
from .crews import Crews
from .ledger import GivenUp, Ledger
from .needs import BlockNeeds, NeedNumber
from .policies import Policy
from .ports import (
    ExecutorEvent,
    SegmentReceipt,
    Shard,
    ShardCommitted,
    ShardFailed,
    ShardLost,
    Store,
    WorkerAlive,
    WorkerId,
    WorkerJoined,
    WorkerLost,
)

Journal = Callable[[str, Mapping[str, Any]], None]
"""Keeps what happened: the event's name, and what there is to say of it."""

_LOOK_SECONDS = 0.2
_LOOK_SECONDS_PER_SHARD = 1e-5
"""How often shards that are out are looked at: a look at one costs about 0.2 microseconds."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """How one run of a job's blocks went."""

    is_complete: bool
    """Whether every block is committed; if not, the time was over."""
    blocks: int
    """Blocks committed in this run."""
    shards: int
    """Shards sent to workers."""
    second_runs: int
    """... of them, those whose first worker was late or silent."""
    workers_lost: int
    seconds: float


class RunState:
    """Takes in what executors report, and says what to send where; small messages, no processes."""

    def __init__(
        self,
        workload: Workload,
        store: Store,
        policy: Policy,
        journal: Journal,
        now: float,
        elsewhere: Iterable[int] = (),
        needs: BlockNeeds | None = None,
    ) -> None:
        """Start where earlier runs ended.

        Args:
            workload: What is to be executed.
            store: Says what is committed, and is told what else is.
            policy: The limits.
            journal: Keeps what happened.
            now: The time.
            elsewhere: Blocks that no worker is to run: queues bring them.
            needs: What each block needs of a worker; ``None``: all the same.
        """
        committed = store.committed()
        self._workload = workload
        self._store = store
        self._journal = journal
        self._costs = block_costs(workload)
        self._totals = int(self._costs.evaluations.sum())
        self._ledger = Ledger(self._costs, committed, policy, elsewhere, needs)
        self._crews = Crews(needs or BlockNeeds(), policy.max_in_flight)
        self._failure: ShoalError | None = None
        self._is_draining = False
        self._out_of_time: set[NeedNumber] = set()
        """Needs of whose blocks none would be done in time, when this was looked at last."""
        self._shards = self._second_runs = self._workers_lost = 0
        self._began = self._looked = now
        self._is_time_for_backups = False
        self._evaluations = self._shots = 0
        self._count(np.array(sorted(committed), dtype=np.int64))
        self._left_at_start = self._ledger.num_left
        self._nominal_at_start = self._ledger.nominal_seconds_left

    @property
    def ledger(self) -> Ledger:
        """The blocks, and who has them."""
        return self._ledger

    @property
    def failure(self) -> ShoalError | None:
        """What ends the job: nothing new is sent, what is running may finish."""
        return self._failure

    @property
    def is_over(self) -> bool:
        """Whether nothing is left that could still be done."""
        if not self._ledger.num_left:
            return True
        if self._ledger.num_out:
            return False
        waiting = self._ledger.waiting_needs
        return self._is_ending or (bool(waiting) and self._out_of_time.issuperset(waiting))

    @property
    def _is_ending(self) -> bool:
        return self._failure is not None or self._is_draining

    def assignments(
        self, now: float, seconds_left: float | None
    ) -> Iterator[tuple[WorkerId, Shard]]:
        """Choose what goes to whom; a shard is leased before it is yielded.

        Args:
            now: The time.
            seconds_left: Time until the workers are taken away; ``None``: nobody takes them away.
        """
        refused: set[NeedNumber] = set()
        while not self._is_ending:
            waiting = self._ledger.waiting_needs
            found = self._crews.least_busy([need for need in waiting if need not in refused])
            if found is None:
                break
            worker, need = found
            shard = self._ledger.issue(
                worker,
                now,
                workers=self._crews.num_serving(need),
                seconds_left=self._seconds_left_for(worker, now, seconds_left),
                need=need,
            )
            if shard is None:
                refused.add(need)
                if need in self._ledger.waiting_needs:
                    self._out_of_time.add(need)
                continue
            self._out_of_time.discard(need)
            yield self._sent(worker, shard)

    def backups(self, now: float) -> Iterator[tuple[WorkerId, Shard]]:
        """Choose shards that are late for a second run by idle workers, when nothing is waiting."""
        if self._is_ending or self._ledger.has_waiting or not self._is_time_for_backups:
            return
        self._is_time_for_backups = False
        idle = dict(self._crews.idle())
        for late in self._ledger.stragglers(now) if idle else ():
            need = self._ledger.need_of(late.shard)
            worker = next((one for one, met in idle.items() if need in met), None)
            if worker is None:
                continue
            del idle[worker]
            shard = self._ledger.back_up(late, worker, now)
            self._second_runs += 1
            self._journal("backup", {"worker": worker, "shard": shard.index})
            yield self._sent(worker, shard)

    def drain(self) -> None:
        """Send nothing new: the workers are soon taken away."""
        if not self._is_draining:
            self._is_draining = True
            self._journal("draining", {"blocks_left": self._ledger.num_left})

    def take_in(self, event: ExecutorEvent, now: float) -> None:
        """Let an event change the state.

        Args:
            event: What happened.
            now: The time.
        """
        match event:
            case WorkerJoined(worker, node, slot):
                self._crews.join(worker, slot)
                self._journal("worker_joined", {"worker": worker, "node": node})
            case WorkerLost(worker, cause, is_node_lost):
                self._crews.lose(worker)
                self._workers_lost += 1
                self._journal("worker_lost", {"worker": worker, "cause": cause})
                self._give_up(self._ledger.lose(worker, is_node_lost=is_node_lost), cause)
            case WorkerAlive(worker, shard):
                self._crews.heard_of(worker)
                self._ledger.renew(worker, shard, now)
            case ShardLost(shard, worker, cause):
                self._ledger.give_up(shard)
                self._doubt(worker, shard, cause)
            case ShardCommitted(shard, worker, receipt):
                self._crews.got(worker)
                self._record(receipt)
                self._count(self._ledger.commit(shard, receipt.blocks, receipt.seconds))
                self._ledger.begin_next(worker, now)
            case ShardFailed(worker=worker):
                self._crews.got(worker)
                self._fail(event)
                self._ledger.begin_next(worker, now)

    def give_up_the_silent(self, now: float) -> None:
        """Give up leases that ran out, as often as looking at all of them costs nearly nothing.

        Args:
            now: The time.
        """
        every = max(_LOOK_SECONDS, _LOOK_SECONDS_PER_SHARD * self._ledger.num_out)
        if now - self._looked < every:
            return
        self._looked = now
        self._is_time_for_backups = True
        for lease in self._ledger.expire(now):
            self._doubt(lease.worker, lease.shard.index, "it was silent for too long")

    def progress(self, now: float) -> Progress:
        """Say how far the job has come, earlier runs included.

        Args:
            now: The time.
        """
        total, left = self._costs.num_blocks, max(self._ledger.nominal_seconds_left, 0.0)
        done_here = self._nominal_at_start - left
        seconds = now - self._began
        return Progress(
            blocks_done=total - self._ledger.num_left,
            blocks_total=total,
            evaluations_done=self._evaluations,
            evaluations_total=self._totals,
            shots_done=self._shots,
            seconds=seconds,
            eta_seconds=left * seconds / done_here if done_here > 0.0 else None,
            workers=len(self._crews),
        )

    def records(self) -> Mapping[str, int]:
        """Count what is kept in memory beside some bytes a block: what must not grow with time."""
        return {**self._ledger.records(), "workers": len(self._crews)}

    def summary(self, now: float) -> RunReport:
        """Say how the run went.

        Args:
            now: The time.
        """
        return RunReport(
            is_complete=not self._ledger.num_left,
            blocks=self._left_at_start - self._ledger.num_left,
            shards=self._shards,
            second_runs=self._second_runs,
            workers_lost=self._workers_lost,
            seconds=now - self._began,
        )

    def _seconds_left_for(
        self, worker: WorkerId, now: float, seconds_left: float | None
    ) -> float | None:
        """Return the time that a worker has for another shard, after those that it has."""
        if seconds_left is None:
            return None
        busy_until = max(
            (lease.expected_end for lease in self._ledger.of_worker(worker)), default=now
        )
        return seconds_left - max(busy_until - now, 0.0)

    def _sent(self, worker: WorkerId, shard: Shard) -> tuple[WorkerId, Shard]:
        self._crews.gave(worker)
        self._shards += 1
        return worker, shard

    def _doubt(self, worker: WorkerId, shard: int, cause: str) -> None:
        """Run a shard again whose worker may be gone; the worker gets nothing until heard of."""
        self._second_runs += 1
        self._crews.got(worker)
        self._crews.suspect(worker)
        self._journal("shard_lost", {"worker": worker, "shard": shard, "cause": cause})

    def _record(self, receipt: SegmentReceipt) -> None:
        self._store.record(receipt)

    def _count(self, new: NDArray[np.int64]) -> None:
        self._evaluations += int(self._costs.evaluations[new].sum())
        self._shots += int(self._costs.shots[new].sum())

    def _fail(self, event: ShardFailed) -> None:
        words = {"worker": event.worker, "shard": event.shard, "error": event.error}
        self._journal("shard_failed", words)
        if event.is_engine_error:
            self._ledger.commit(event.shard, ())
            self._failure = self._failure or EngineError(event.error)
        elif event.is_store_error:
            self._ledger.commit(event.shard, ())
            self._failure = self._failure or StoreError(event.error)
        else:
            self._give_up(self._ledger.crash(event.shard, event.block), event.error)
        if event.receipt is not None:
            self._record(event.receipt)
            self._count(self._ledger.commit(event.shard, event.receipt.blocks))

    def _give_up(self, given_up: GivenUp | None, words: str) -> None:
        if given_up is None:
            return
        where = _whereabouts(self._workload, given_up.block)
        self._failure = self._failure or ExecutionError(
            f"{where} is given up: {given_up.reason}. The last time: {words}. What is committed is"
            " kept; run the job again to try once more"
        )


def _whereabouts(workload: Workload, number: int) -> str:
    """Name a block in the user's words."""
    block = workload.blocks[number]
    pubs = [str(at) for at, pub in enumerate(workload.pubs) if pub.program == block.program]
    circuit = workload.programs[block.program].circuit
    return (
        f"block {number} (pub {', '.join(pubs)}; circuit {circuit.name!r} of {circuit.num_qubits}"
        f" qubits, parameter sets {block.start} to {block.stop - 1})"
    )
