"""The borders of the orchestrator: what runs blocks, where, and where shots rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..primitives.outcomes import BlockOutcome
from ..primitives.workload import Block

WorkerId = str
SegmentName = str

CPU, GPU = "cpu", "gpu"
"""What jobs need of a worker, and what workers offer; others are the cluster's own words."""


class Engine(Protocol):
    """Executes blocks of the one workload that it was made for."""

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block.

        The outcome depends on the request, the block and the engine alone: not on the slot, the
        number of threads, or what ran before.

        Raises:
            EngineError: The engine refused or broke; the message has the pub, the parameters and
                the engine's own words.
        """
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """What one worker may use of its node."""

    threads: int = 1
    memory_bytes: int | None = None
    """``None``: not limited by us."""
    gpu: str | None = None
    """One GPU's index or UUID, as ``CUDA_VISIBLE_DEVICES`` takes it."""
    serves: tuple[str, ...] = ()
    """What jobs may need of the worker; left out: ``cpu``, and ``gpu`` where it has one."""

    @property
    def offers(self) -> tuple[str, ...]:
        """What jobs may need of the worker: only those come to it."""
        return self.serves or ((CPU,) if self.gpu is None else (CPU, GPU))


@dataclass(frozen=True, slots=True)
class Shard:
    """Blocks that are sent to one worker together."""

    index: int
    blocks: tuple[int, ...]
    """Block numbers, rising."""


@dataclass(frozen=True, slots=True)
class SegmentReceipt:
    """A worker's word that a segment is durable."""

    name: SegmentName
    blocks: tuple[int, ...]
    shots: int
    num_bytes: int
    sha256: str
    worker: WorkerId
    node: str
    seconds: float
    """Time spent in the engine and in the commit."""
    payload: bytes | None = field(default=None, repr=False)
    """The segment itself, where worker and driver share no folder."""


class Committer(Protocol):
    """The worker's side of a store."""

    def check(self) -> None:
        """Make sure that outcomes can be committed from here.

        Raises:
            StoreError: They cannot, and trying again would be no use.
        """
        ...

    def commit(
        self, outcomes: Sequence[BlockOutcome], *, worker: WorkerId, seconds: float
    ) -> SegmentReceipt:
        """Make a shard's outcomes durable, or carry them along in the receipt."""
        ...


class Store(Protocol):
    """The driver's side of a store: a job's segments, and the ledger of those that count."""

    def committed(self) -> frozenset[int]:
        """Return the blocks whose outcomes are durable."""
        ...

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        """Enter a segment in the ledger; return the blocks that it is the first to bring."""
        ...

    def committer(self) -> Committer:
        """Return the worker's side: picklable, to be shipped to where the engine is."""
        ...

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Read committed blocks back, each exactly once, in the order given."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerJoined:
    """A worker is ready for shards."""

    worker: WorkerId
    node: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker is gone, and with it the shards that it held."""

    worker: WorkerId
    cause: str
    is_node_lost: bool = False
    """Whether its node is gone or was taken away, so that no block can be at fault."""


@dataclass(frozen=True, slots=True)
class WorkerAlive:
    """A sign of life."""

    worker: WorkerId
    shard: int | None
    """What the worker is at work on; ``None``: nothing of ours."""


@dataclass(frozen=True, slots=True)
class ShardLost:
    """Nobody knows what became of a shard: the way to its worker is broken, or was."""

    shard: int
    worker: WorkerId
    cause: str


@dataclass(frozen=True, slots=True)
class ShardCommitted:
    """A shard's segment is durable."""

    shard: int
    worker: WorkerId
    receipt: SegmentReceipt


@dataclass(frozen=True, slots=True)
class ShardFailed:
    """An engine or a committer broke on a shard; the worker lives on."""

    shard: int
    worker: WorkerId
    error: str
    """One readable line: what broke, in whose words."""
    is_engine_error: bool
    """Whether the engine itself refused: trying again would give the same."""
    block: int | None = None
    """The block that it broke on; ``None``: on none of them in particular."""
    receipt: SegmentReceipt | None = None
    """The shard's blocks that were done before it broke, where there were any."""
    is_store_error: bool = False
    """Whether the store cannot be used from there: no block could be committed."""


ExecutorEvent = WorkerJoined | WorkerLost | WorkerAlive | ShardCommitted | ShardFailed | ShardLost


class Executor(Protocol):
    """Workers somewhere, each with one engine on one slot."""

    def submit(self, shard: Shard, blocks: Sequence[Block], worker: WorkerId) -> None:
        """Send a shard to a worker that has joined and is not lost."""
        ...

    def poll(self, timeout_seconds: float) -> Sequence[ExecutorEvent]:
        """Return what happened since the last call, waiting up to a limit for it."""
        ...

    def close(self) -> None:
        """End every worker that this executor started, and nothing else."""
        ...
