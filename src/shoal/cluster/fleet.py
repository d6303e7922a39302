"""Which workers to start on which nodes: decided from what there is, nothing is touched."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .ray_messages import Settings

NodeId = str


@dataclass(frozen=True, slots=True)
class Node:
    """A node that lives, and how many workers it has room for."""

    node: NodeId
    room: int


def living_nodes(listed: Sequence[Mapping[str, Any]], settings: Settings) -> Sequence[Node]:
    """Read Ray's list of nodes.

    Args:
        listed: As ``ray.nodes()`` has it.
        settings: What a worker needs.
    """
    return [
        Node(entry["NodeID"], _room(entry.get("Resources", {}), settings))
        for entry in listed
        if entry["Alive"]
    ]


def workers_to_start(
    nodes: Sequence[Node], there: Mapping[NodeId, int], settings: Settings
) -> Sequence[NodeId]:
    """Choose where workers are missing.

    Args:
        nodes: The nodes that live.
        there: How many workers each has, or will have soon.
        settings: How many workers are wanted.

    Returns:
        One node for each worker to start, the emptiest nodes first.
    """
    have = {node.node: there.get(node.node, 0) for node in nodes}
    wanted = sum(node.room for node in nodes)
    if settings.workers is not None:
        wanted = min(wanted, settings.workers)
    missing = wanted - sum(have.values())
    by_fill = [
        (have[node.node] / node.room, at)
        for at, node in enumerate(nodes)
        if have[node.node] < node.room
    ]
    heapq.heapify(by_fill)
    chosen: list[NodeId] = []
    while len(chosen) < missing and by_fill:
        _, at = heapq.heappop(by_fill)
        node = nodes[at]
        have[node.node] += 1
        chosen.append(node.node)
        if have[node.node] < node.room:
            heapq.heappush(by_fill, (have[node.node] / node.room, at))
    return chosen


def _room(resources: Mapping[str, float], settings: Settings) -> int:
    room = int(resources.get("CPU", 0.0) // settings.threads)
    if settings.gpus:
        room = min(room, int(resources.get("GPU", 0.0) // settings.gpus))
    return room
