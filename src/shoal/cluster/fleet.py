"""Which workers to start on which nodes: decided from what there is, nothing is touched."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .worker_kind import WorkerKind

NodeId = str

Place = tuple[NodeId, int]
"""Where a worker is, and which of the kinds."""

_ROUNDING = 1e-6
"""Ray counts resources in ten-thousandths."""

_MAX_LISTED = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A node that lives, and what it has."""

    node: NodeId
    resources: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def is_called(self, name: str) -> bool:
        """Tell whether it has the name, a custom resource, a label's value, or ``LABEL=VALUE``."""
        labels = {f"{label}={value}" for label, value in self.labels.items()}
        return name in {self.name, *self.resources, *self.labels.values(), *labels}

    def __str__(self) -> str:
        """Say what it has, without what every node has."""
        cores, gpus = (self.resources.get(name, 0.0) for name in ("CPU", "GPU"))
        found = [_counted(cores, "core"), *([_counted(gpus, "GPU")] if gpus else [])]
        if memory := self.resources.get("memory"):
            found.append(f"{memory / (1 << 30):.3g} GiB")
        found += [
            f"{amount:g} of {name!r}"
            for name, amount in self.resources.items()
            if name not in ("CPU", "GPU", "memory", "object_store_memory")
            and not name.startswith(("node:", "accelerator_type:"))
        ]
        found += [
            f"{name}={value}" for name, value in self.labels.items() if name != "ray.io/node-id"
        ]
        return f"{self.name or self.node[:8]} ({', '.join(found)})"


def living_nodes(listed: Sequence[Mapping[str, Any]]) -> Sequence[Node]:
    """Read Ray's list of nodes.

    Args:
        listed: As ``ray.nodes()`` has it.
    """
    return [
        Node(
            entry["NodeID"],
            entry.get("Resources", {}),
            entry.get("Labels", {}),
            entry.get("NodeManagerHostname", ""),
        )
        for entry in listed
        if entry["Alive"]
    ]


def room(node: Node, kind: WorkerKind, taken: Mapping[str, float] | None = None) -> int:
    """Count the workers of a kind that a node has room for.

    Args:
        node: The node.
        kind: What each needs.
        taken: What workers of other kinds take of the node.
    """
    if any(node.labels.get(name) != value for name, value in kind.labels.items()):
        return 0
    if kind.node and not node.is_called(kind.node):
        return 0
    if not kind.bundle:
        return kind.workers or 1
    taken = taken or {}
    counts = []
    for name, amount in kind.bundle.items():
        free = node.resources.get(name, 0.0) - taken.get(name, 0.0)
        if name == "GPU" and amount < 1.0:
            # No worker has parts of two GPUs: what is left over of each is of no use.
            counts.append(int(free + _ROUNDING) * int(1.0 / amount + _ROUNDING))
        else:
            counts.append(int(free / amount + _ROUNDING))
    return max(0, min(counts))


def workers_to_start(
    nodes: Sequence[Node], there: Mapping[Place, int], kinds: Sequence[WorkerKind]
) -> Sequence[Place]:
    """Choose where workers are missing.

    Args:
        nodes: The nodes that live.
        there: How many workers of each kind each node has, or will have soon.
        kinds: What is wanted; those that say how many they are go first.

    Returns:
        One node and kind for each worker to start, the emptiest nodes first.
    """
    have = Counter({post: there.get(post, 0) for post in _places(nodes, kinds)})
    chosen: list[Place] = []
    for kind in sorted(range(len(kinds)), key=lambda kind: kinds[kind].workers is None):
        for node in _nodes_for(kind, nodes, have, kinds):
            have[node, kind] += 1
            chosen.append((node, kind))
    return chosen


def without_room(nodes: Sequence[Node], kinds: Sequence[WorkerKind]) -> Sequence[WorkerKind]:
    """Return the kinds of which no node, were it empty, could have a worker."""
    return [kind for kind in kinds if not any(room(node, kind) for node in nodes)]


def described(nodes: Sequence[Node]) -> str:
    """Say in one line what nodes there are."""
    shown = [str(node) for node in nodes[:_MAX_LISTED]]
    more = [f"and {len(nodes) - _MAX_LISTED} more"] if len(nodes) > _MAX_LISTED else []
    return "; ".join([*shown, *more]) or "none"


def _counted(amount: float, noun: str) -> str:
    return f"{amount:g} {noun}{'s' * (amount != 1)}"


def _places(nodes: Sequence[Node], kinds: Sequence[WorkerKind]) -> Sequence[Place]:
    return [(node.node, kind) for node in nodes for kind in range(len(kinds))]


def _nodes_for(
    kind: int, nodes: Sequence[Node], have: Mapping[Place, int], kinds: Sequence[WorkerKind]
) -> Sequence[NodeId]:
    rooms = {node.node: room(node, kinds[kind], _taken(node, kind, have, kinds)) for node in nodes}
    filled = {node.node: have[node.node, kind] for node in nodes}
    wanted = kinds[kind].workers
    wanted = sum(rooms.values()) if wanted is None else min(wanted, sum(rooms.values()))
    missing = wanted - sum(filled.values())
    by_fill = [
        (filled[name] / rooms[name], at, name)
        for at, name in enumerate(rooms)
        if filled[name] < rooms[name]
    ]
    heapq.heapify(by_fill)
    chosen: list[NodeId] = []
    while len(chosen) < missing and by_fill:
        _, at, name = heapq.heappop(by_fill)
        filled[name] += 1
        chosen.append(name)
        if filled[name] < rooms[name]:
            heapq.heappush(by_fill, (filled[name] / rooms[name], at, name))
    return chosen


def _taken(
    node: Node, kind: int, have: Mapping[Place, int], kinds: Sequence[WorkerKind]
) -> Mapping[str, float]:
    taken: Counter[str] = Counter()
    for other, needs in enumerate(kinds):
        if other != kind and (count := have[node.node, other]):
            taken.update({name: count * amount for name, amount in needs.bundle.items()})
    return taken
