"""A kind of worker: what each of them has of its node, on which nodes it may be, what it is for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..orchestrator.ports import Slot

_RAYS_OWN = ("CPU", "GPU", "memory", "object_store_memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerKind:
    """What workers of one kind need of a node, and which jobs they serve.

    >>> WorkerKind(gpus=0.25).offers
    ('cpu', 'gpu')
    """

    workers: int | None = None
    """How many in all; ``None``: as many as the nodes have room for, now and later."""
    threads: int = 1
    """Cores of each."""
    gpus: float = 0.0
    """GPUs of each: one, none, or the part of one that it shares with others."""
    memory_bytes: int | None = None
    """Memory of each, where it is known before there is one."""
    reserved_bytes: int | None = None
    """Memory that each takes of its node, as Ray counts it; ``None``: nobody counts."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Ray's labels that a node must have, each with this value."""
    resources: Mapping[str, float] = field(default_factory=dict)
    """Ray's custom resources that each takes of its node."""
    node: str = ""
    """What its node is called: a custom resource, the value of a label, or ``LABEL=VALUE``."""
    takes_cores: bool = True
    """Whether it computes; one that only waits for others may be on a node without cores."""
    serves: tuple[str, ...] = ()
    """What jobs may need of it; left out: ``cpu``, and ``gpu`` where it has one."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: A number that makes no sense.
        """
        for name, count in (("workers", self.workers), ("threads", self.threads)):
            if count is not None and count < 1:
                raise ValueError(f"{name}={count}: expected at least 1")
        if not (0.0 <= self.gpus <= 1.0 and math.isfinite(self.gpus)):
            raise ValueError(
                f"gpus={self.gpus:g}: a worker has one GPU, none, or a part of one (0 to 1); more "
                "GPUs are used by more workers"
            )
        for name, amount in self.resources.items():
            if name in _RAYS_OWN or not amount > 0.0:
                raise ValueError(
                    f"resources: found {name}={amount:g}, expected amounts above 0 of resources of"
                    " your own; cores are 'threads', GPUs are 'gpus'"
                )

    @property
    def offers(self) -> tuple[str, ...]:
        """What jobs may need of a worker."""
        return self.slot.offers

    @property
    def slot(self) -> Slot:
        """What a worker may use; which GPU it is, only the worker knows."""
        memory = self.memory_bytes if self.reserved_bytes is None else self.reserved_bytes
        return Slot(self.threads, memory, "0" if self.gpus else None, self.serves)

    @property
    def bundle(self) -> Mapping[str, float]:
        """What a worker takes of its node, by Ray's names."""
        cores = {"CPU": self.threads} if self.takes_cores else {}
        gpus = {"GPU": self.gpus} if self.gpus else {}
        memory = {"memory": float(self.reserved_bytes)} if self.reserved_bytes else {}
        return {**cores, **gpus, **memory, **self.resources}

    def __str__(self) -> str:
        """Say what a worker needs."""
        found = [f"{self.threads} core{'s' * (self.threads != 1)}"] if self.takes_cores else []
        if self.gpus:
            found.append("a GPU" if self.gpus == 1 else f"{self.gpus:g} of a GPU")
        if self.reserved_bytes:
            found.append(f"{self.reserved_bytes / (1 << 30):.3g} GiB")
        found += [f"{amount:g} of {name!r}" for name, amount in self.resources.items()]
        found += [f"the label {name}={value}" for name, value in self.labels.items()]
        found += [f"a node called {self.node!r}"] if self.node else []
        return ", ".join(found)
