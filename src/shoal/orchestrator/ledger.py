"""Which blocks are waiting, running, committed: one run's view of them, kept in memory.

Memory is some bytes a block, and a record for each shard that is out; no call walks all blocks.
Nothing in here knows the time: whoever calls says what time it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .costs import BlockCosts, Pace
from .needs import BlockNeeds, NeedNumber
from .policies import Policy, Tries, allowed_seconds, give_up_reason, lease_seconds
from .ports import Shard, WorkerId
from .waiting import WaitingBlocks


@dataclass(frozen=True, slots=True)
class Lease:
    """One shard with one worker, for a time."""

    shard: Shard
    worker: WorkerId
    started: float
    """When the worker can have begun it: it runs its shards one after the other."""
    nominal_seconds: float
    expected_seconds: float
    allowed_seconds: float
    """How long it may run before it is late."""
    patience_seconds: float
    """How long the worker may be silent."""
    deadline: float
    """When the worker is given up for this shard, unless it is heard of before."""

    @property
    def expected_end(self) -> float:
        """When the shard should be done."""
        return self.started + self.expected_seconds


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A block that was tried often enough, and why that was enough."""

    block: int
    reason: str


class Ledger:
    """The blocks of a job, and who has them."""

    def __init__(
        self,
        costs: BlockCosts,
        committed: Iterable[int],
        policy: Policy,
        elsewhere: Iterable[int] = (),
        needs: BlockNeeds | None = None,
    ) -> None:
        """Start with what earlier runs have committed.

        Args:
            costs: What each block is expected to take.
            committed: The blocks whose outcomes are durable already.
            policy: The limits.
            elsewhere: Blocks that no worker is to run: queues bring them.
            needs: What each block needs of a worker; ``None``: all the same.
        """
        self._needs = needs or BlockNeeds()
        self._costs = costs
        self._policy = policy
        self._is_committed = np.zeros(costs.num_blocks, dtype=np.bool_)
        self._is_committed[np.fromiter(committed, dtype=np.int64)] = True
        left = np.flatnonzero(~self._is_committed)
        self._num_left = int(left.size)
        self._nominal_left = float(costs.seconds[left].sum())
        here = np.setdiff1d(left, np.fromiter(elsewhere, dtype=np.int64))
        self._waiting = [
            WaitingBlocks(costs, blocks, policy.sizes) for blocks in self._needs.split(here)
        ]
        self._leases: dict[int, Lease] = {}
        self._of_worker: dict[WorkerId, list[int]] = {}
        self._copies: Counter[int] = Counter()
        self._tries: dict[int, Tries] = {}
        self._expiries: Counter[int] = Counter()
        self._next_shard = 0
        # A GPU's pace is no measure of a core's.
        self._paces = [Pace()] * len(self._needs.needs)

    @property
    def pace(self) -> Pace:
        """How fast the workers are, with blocks of the first need."""
        return self._paces[0]

    @property
    def num_left(self) -> int:
        """How many blocks are not committed."""
        return self._num_left

    @property
    def nominal_seconds_left(self) -> float:
        """What the blocks that are not committed would take on one nominal core."""
        return self._nominal_left

    @property
    def num_out(self) -> int:
        """How many shards are with workers."""
        return len(self._leases)

    @property
    def has_waiting(self) -> bool:
        """Whether there is a block that no worker has."""
        return any(self._waiting)

    @property
    def waiting_needs(self) -> Collection[NeedNumber]:
        """The needs of which there is a block that no worker has."""
        return [number for number, waiting in enumerate(self._waiting) if waiting]

    def need_of(self, shard: Shard) -> NeedNumber:
        """Return what a shard's blocks need of a worker."""
        return self._needs.of(shard.blocks[0])

    def records(self) -> Mapping[str, int]:
        """Count what is kept beside some bytes a block: for shards that are out, or in trouble."""
        return {
            "leases": len(self._leases),
            "workers with shards": len(self._of_worker),
            "blocks that are out": len(self._copies),
            "blocks that failed": len(self._tries),
            "blocks that were late": len(self._expiries),
            "shards that came back": sum(waiting.num_returned for waiting in self._waiting),
        }

    def of_worker(self, worker: WorkerId) -> Sequence[Lease]:
        """Return the shards that a worker has, in the order in which it runs them."""
        return [self._leases[shard] for shard in self._of_worker.get(worker, ())]

    def issue(
        self,
        worker: WorkerId,
        now: float,
        *,
        workers: int,
        seconds_left: float | None = None,
        need: NeedNumber = 0,
    ) -> Shard | None:
        """Cut the next shard and lease it to a worker.

        Args:
            worker: Who gets it.
            now: The time.
            workers: How many workers share what is left.
            seconds_left: Time until the workers are taken away; ``None``: nobody takes them away.
            need: Which need the shard's blocks are to have; the worker meets it.

        Returns:
            The shard; ``None`` where nothing is waiting, or nothing that would be done in time.
        """
        pace = self._paces[need] if self._paces[need].is_known else self._policy.guess
        blocks = self._waiting[need].take(self._unowned, pace, workers, seconds_left)
        return self._lease(blocks, worker, now) if blocks else None

    def stragglers(self, now: float) -> Sequence[Lease]:
        """Return the shards that are late enough to be worth a second run, the latest first.

        Args:
            now: The time.
        """
        if not any(pace.is_known for pace in self._paces):
            return ()
        late = [
            lease
            for lease in self._leases.values()
            # Many are looked at, very often, and nearly none is late.
            if now - lease.started > lease.allowed_seconds
            and self._paces[self.need_of(lease.shard)].is_known
            and all(self._copies[block] == 1 for block in lease.shard.blocks)
            and self._uncommitted(lease.shard.blocks)
        ]
        return sorted(late, key=lambda lease: lease.expected_end)

    def back_up(self, late: Lease, worker: WorkerId, now: float) -> Shard:
        """Lease a straggler's blocks to a second worker; whoever commits first wins.

        Args:
            late: The straggler.
            worker: An idle worker.
            now: The time.
        """
        return self._lease(self._uncommitted(late.shard.blocks), worker, now)

    def begin_next(self, worker: WorkerId, now: float) -> None:
        """Take in that a worker is done with a shard, and has begun the next one that it has.

        Args:
            worker: The worker.
            now: The time.
        """
        for lease in self.of_worker(worker)[:1]:
            self._leases[lease.shard.index] = replace(lease, started=now)

    def commit(
        self, shard: int, blocks: Iterable[int], seconds: float | None = None
    ) -> NDArray[np.int64]:
        """Take in that blocks are durable; what else the shard had waits again.

        Args:
            shard: The shard that brought them; it may have been given up before.
            blocks: The blocks.
            seconds: What the whole shard took; ``None``: it was not finished.

        Returns:
            Those of the blocks that were not committed before.
        """
        found = np.fromiter(blocks, dtype=np.int64)
        new = found[~self._is_committed[found]]
        self._is_committed[new] = True
        self._num_left -= int(new.size)
        self._nominal_left -= float(self._costs.seconds[new].sum())
        for block in new.tolist():
            self._tries.pop(block, None)
            self._expiries.pop(block, None)
        lease = self._release(shard)
        if lease and seconds is not None:
            need = self.need_of(lease.shard)
            self._paces[need] = self._paces[need].after(lease.nominal_seconds, seconds)
        if lease:
            self._put_back(self._unowned(lease.shard.blocks))
        return new

    def crash(self, shard: int, block: int | None) -> GivenUp | None:
        """Take in that something else than the engine failed on a shard.

        Args:
            shard: The shard.
            block: The block that it failed on; ``None``: the shard as a whole.
        """
        lease = self._release(shard)
        if lease is None:
            return None
        blamed = self._unowned(lease.shard.blocks if block is None else (block,))
        self._put_back(self._unowned(lease.shard.blocks))
        return self._blame(blamed, Tries(crashes=1))

    def lose(self, worker: WorkerId, *, is_node_lost: bool) -> GivenUp | None:
        """Take in that a worker is gone: what it had waits again.

        Args:
            worker: The worker.
            is_node_lost: Whether its whole node is gone, so that no block is at fault.
        """
        given_up = None
        for position, lease in enumerate(self.of_worker(worker)):
            self._release(lease.shard.index)
            blocks = self._unowned(lease.shard.blocks)
            if position > 0:
                self._put_back(blocks)
                continue
            # The first was running. In halves, so that a block that kills workers is soon alone.
            middle = 0 if is_node_lost else len(blocks) // 2
            self._put_back(blocks[:middle])
            self._put_back(blocks[middle:])
            tries = Tries(node_losses=1) if is_node_lost else Tries(losses=1)
            given_up = self._blame(blocks, tries)
        return given_up

    def renew(self, worker: WorkerId, shard: int | None, now: float) -> None:
        """Take in that a worker is at work on one of its shards: it will come to the others."""
        if shard in self._of_worker.get(worker, ()):
            for lease in self.of_worker(worker):
                deadline = now + lease.patience_seconds
                self._leases[lease.shard.index] = replace(lease, deadline=deadline)

    def expire(self, now: float) -> Sequence[Lease]:
        """Give up leases whose time is over: their blocks wait again, behind all others.

        Returns:
            The leases given up. Should a worker commit after all, that counts.
        """
        over = [lease for lease in self._leases.values() if lease.deadline < now]
        for lease in over:
            self.give_up(lease.shard.index)
        return over

    def give_up(self, shard: int) -> None:
        """Let a shard's blocks wait again, without knowing what became of them."""
        lease = self._release(shard)
        if lease is not None:
            blocks = self._unowned(lease.shard.blocks)
            self._expiries.update(blocks)
            self._put_back(blocks)

    def _put_back(self, blocks: tuple[int, ...]) -> None:
        if blocks:
            self._waiting[self._needs.of(blocks[0])].put_back(blocks)

    def _lease(self, blocks: tuple[int, ...], worker: WorkerId, now: float) -> Shard:
        shard = Shard(self._next_shard, blocks)
        self._next_shard += 1
        before = self.of_worker(worker)
        nominal = self._seconds_of(blocks)
        pace = self._paces[self._needs.of(blocks[0])]
        expected = pace.expect(nominal)
        started = max([now, *(lease.expected_end for lease in before)])
        earlier = max((self._expiries[block] for block in blocks), default=0)
        # Before anything was measured a shard may take far longer than it seems.
        silent = started + expected - now if pace.is_known else self._policy.lease_seconds
        patience = lease_seconds(silent, earlier, self._policy)
        self._leases[shard.index] = Lease(
            shard,
            worker,
            started,
            nominal,
            expected,
            allowed_seconds(expected, self._policy),
            patience,
            now + patience,
        )
        self._of_worker.setdefault(worker, []).append(shard.index)
        self._copies.update(blocks)
        return shard

    def _release(self, shard: int) -> Lease | None:
        lease = self._leases.pop(shard, None)
        if lease is None:
            return None
        held = self._of_worker[lease.worker]
        held.remove(shard)
        if not held:
            del self._of_worker[lease.worker]
        for block in lease.shard.blocks:
            self._copies[block] -= 1
            if not self._copies[block]:
                del self._copies[block]
        return lease

    def _uncommitted(self, blocks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(block for block in blocks if not self._is_committed[block])

    def _unowned(self, blocks: tuple[int, ...]) -> tuple[int, ...]:
        """Return the blocks that are not committed and that no worker has."""
        return tuple(block for block in self._uncommitted(blocks) if block not in self._copies)

    def _seconds_of(self, blocks: tuple[int, ...]) -> float:
        return float(self._costs.seconds[list(blocks)].sum())

    def _blame(self, blocks: tuple[int, ...], more: Tries) -> GivenUp | None:
        given_up = None
        for block in blocks:
            tries = self._tries[block] = self._tries.get(block, Tries()) + more
            reason = give_up_reason(tries, len(blocks) == 1, self._policy)
            given_up = given_up or (GivenUp(block, reason) if reason else None)
        return given_up
