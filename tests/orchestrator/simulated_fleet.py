"""Simulated workers on nodes that are lost and come back, and what their driver keeps of them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import SegmentReceipt, Shard, WorkerId
from shoal.orchestrator.run_state import RunState
from shoal.orchestrator.shards import ShardSizes
from tests.orchestrator.simulated_cluster import SimulatedCluster
from tests.workloads import workload_of

AWAY_SECONDS = 60.0
"""After so long a node that was lost is back, with new workers."""


@dataclass(frozen=True)
class Fleet:
    """So many nodes, workers and shards, and how much goes wrong."""

    nodes: int
    workers_a_node: int
    shards: int
    seconds: float = 30.0
    """What a shard takes, half of it more or less."""
    lost_nodes: float = 0.2
    """Of all nodes, in the whole run."""
    lost_workers: float = 0.01
    lost_replies: float = 0.002
    """Of all shards: never answered."""
    late: float = 0.005
    """Of all shards: they take ten times as long."""

    @property
    def workers(self) -> int:
        return self.nodes * self.workers_a_node

    @property
    def duration(self) -> float:
        """About how long the run takes, by its own clock."""
        return self.shards / self.workers * self.seconds


class ForgetfulStore:
    """Remembers which blocks are there and nothing else: the store's memory is another matter."""

    def __init__(self, blocks: int) -> None:
        self.is_there = np.zeros(blocks, dtype=bool)
        self.repeated = 0

    def committed(self) -> frozenset[int]:
        return frozenset(np.flatnonzero(self.is_there).tolist())

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        new = frozenset(block for block in receipt.blocks if not self.is_there[block])
        self.repeated += len(receipt.blocks) - len(new)
        self.is_there[list(receipt.blocks)] = True
        return new


@dataclass
class Look:
    """What a driver holds at some moment."""

    done: float
    """Of all blocks."""
    driver_seconds: float
    """Processor time so far, without the simulation's own."""
    shards: int
    records: Mapping[str, int] = field(default_factory=dict)


def run_fleet(fleet: Fleet, seed: int = 1, looks: int = 10) -> Iterator[Look]:
    """Run a fleet to its end.

    Args:
        fleet: What there is, and what goes wrong.
        seed: Of what goes wrong.
        looks: How often to say what the driver holds, the end included.
    """
    rng = np.random.default_rng(seed)
    cluster = SimulatedCluster(seconds=_Times(fleet, rng), keeps_submitted=False)
    _plan(fleet, cluster, rng)
    workload = workload_of(fleet.shards)
    store = ForgetfulStore(fleet.shards)
    policy = Policy(sizes=ShardSizes(blocks=1))
    run = RunState(workload, store, policy, lambda name, words: None, cluster.now)
    work, look = 0.0, 1
    while not run.is_over:
        began = time.process_time()
        sent = [*run.assignments(cluster.now, None), *run.backups(cluster.now)]
        work += time.process_time() - began
        for worker, shard in sent:
            cluster.submit(shard, (), worker)
        events = cluster.poll(0.2)
        began = time.process_time()
        for event in events:
            run.take_in(event, cluster.now)
        run.give_up_the_silent(cluster.now)
        run.progress(cluster.now)
        work += time.process_time() - began
        done = 1.0 - run.ledger.num_left / fleet.shards
        if done >= look / looks:
            look += 1
            yield Look(done, work, run.summary(cluster.now).shards, run.records())


class _Times:
    """What shards take; drawn in large numbers, because there are very many."""

    def __init__(self, fleet: Fleet, rng: np.random.Generator) -> None:
        self._fleet, self._rng = fleet, rng
        self._left: list[float] = []

    def __call__(self, worker: WorkerId, shard: Shard) -> float | None:
        if not self._left:
            fates = self._rng.random(4096)
            times = self._fleet.seconds * self._rng.uniform(0.5, 1.5, 4096)
            times[fates < self._fleet.late] *= 10.0
            times[fates > 1.0 - self._fleet.lost_replies] = np.inf
            self._left = times.tolist()
        seconds = self._left.pop()
        return None if seconds == np.inf else seconds


def _plan(fleet: Fleet, cluster: SimulatedCluster, rng: np.random.Generator) -> None:
    """Decide when who joins, and who is lost when."""
    for node in range(fleet.nodes):
        names = [f"n{node}w{number}" for number in range(fleet.workers_a_node)]
        joined = rng.uniform(0.0, 20.0)
        is_lost = rng.random() < fleet.lost_nodes
        lost = joined + rng.uniform(0.1, 0.9) * fleet.duration
        for name in names:
            cluster.join_at(joined, name)
            if is_lost:
                cluster.lose_at(lost, name, is_node_lost=True)
                cluster.join_at(lost + AWAY_SECONDS, f"{name}b")
            elif rng.random() < fleet.lost_workers:
                killed = joined + rng.uniform(0.1, 0.9) * fleet.duration
                cluster.lose_at(killed, name)
                cluster.join_at(killed + 5.0, f"{name}b")
