"""What a process of ours and its Ray driver tell each other, over a pipe that only they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..orchestrator.ports import ExecutorEvent, Shard, WorkerId
from .allocation import Allocation
from .attachment import Attachment
from .worker import JobNumber
from .worker_kind import WorkerKind


@dataclass(frozen=True, slots=True)
class Settings:
    """How Ray is had, and how its nodes are divided among workers."""

    address: str | None
    """Of a Ray cluster that is there; ``None``: one is started here."""
    folder: str
    """For this driver alone: logs, the token, and Ray's own files where it is started here."""
    kinds: tuple[WorkerKind, ...]
    """The workers that are wanted."""
    object_store_bytes: int = 0
    memory_bytes: int = 0
    generation: int = 0
    """How often the driver was started again."""
    search_path: tuple[str, ...] = ()
    """Folders with modules of the user's, where workers share them."""
    allocation: Allocation | None = None
    """The Slurm job on whose nodes a Ray is started; ``None``: it is not in one."""
    attachment: Attachment = field(default_factory=Attachment)
    """How a Ray that is there is used."""
    node_labels: Mapping[str, str] = field(default_factory=dict)
    """Of the node, where Ray is started on this machine."""

    @property
    def room_seconds(self) -> float:
        """How long to wait for a node that has room for a worker, before that is refused."""
        if self.allocation is not None:
            return self.allocation.bring_up.start_seconds
        return self.attachment.start_seconds

    @property
    def is_on_this_machine(self) -> bool:
        """Whether Ray is our own, and all of it here."""
        return self.address is None and self.allocation is None


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job begins; what workers must know of it follows on the pipe, as bytes without a copy."""

    job: JobNumber
    num_bytes: int


@dataclass(frozen=True, slots=True)
class RunShard:
    """A worker is to run a shard."""

    job: JobNumber
    shard: Shard
    worker: WorkerId


@dataclass(frozen=True, slots=True)
class RunBlock:
    """All workers are to run a block together; one of them, the sender, keeps what comes out."""

    job: JobNumber
    block: int


@dataclass(frozen=True, slots=True)
class CallWorker:
    """A worker is to evaluate a function of a job's workload."""

    job: JobNumber
    call: int
    worker: WorkerId
    task: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CloseJob:
    """A job is over: what is still running for it is not wanted any more."""

    job: JobNumber


@dataclass(frozen=True, slots=True)
class Leave:
    """The driver is to give back what it has of another's Ray, and to end."""


@dataclass(frozen=True, slots=True)
class AddKind:
    """Workers of another kind are wanted, too."""

    kind: WorkerKind


Command = OpenJob | RunShard | CallWorker | CloseJob | AddKind | Leave


@dataclass(frozen=True, slots=True)
class Started:
    """Ray is there; workers are on their way."""


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no Ray, or there are no workers, and there will be none from this driver."""

    words: str
    is_final: bool
    """Whether another driver would fare no better."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The driver lives, and has nothing to tell."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that the user should know, and that ends nothing."""

    words: str


@dataclass(frozen=True, slots=True)
class Homeless:
    """Workers that were added have room on no node: they are not wanted any more."""

    kind: WorkerKind
    words: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event for a job; ``job=None``: for all of them."""

    job: JobNumber | None
    event: ExecutorEvent


@dataclass(frozen=True, slots=True)
class CallReturned:
    """What a worker has evaluated, or why it could not."""

    job: JobNumber
    call: int
    worker: WorkerId
    value: Any = field(repr=False)
    error: str | None


Report = Started | Failed | Heartbeat | Noticed | Homeless | Happened | CallReturned
