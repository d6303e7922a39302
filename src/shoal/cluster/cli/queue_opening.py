"""The queues of a profile that a request uses, opened where their vendors can be reached."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...primitives.errors import ExecutionError, RequestError
from ...primitives.request import Request
from ..allocation import BringUp
from ..fleet import Node
from ..node_labels import NodeLabels
from ..queues.placing import pubs_by_queue
from ..queues.profile import QueueTable, open_queues, queues_of_nodes
from ..queues.rehearsal import rehearsed
from ..queues.served import QueueSet, check_names
from ..slurm.environment import allocation_of, is_in_allocation
from .allocation import uses_allocation
from .settings import Settings
from .start import open_cluster


def open_queues_of(
    request: Request, settings: Settings, store: Path, workers: int
) -> tuple[Settings, QueueSet]:
    """Open the queues that a request uses; a provider may ask its vendor, except in a rehearsal.

    Args:
        request: What is asked.
        settings: What was said.
        store: The store's folder.
        workers: How many.

    Returns:
        What was said, with a cluster that had to be opened for a queue; and the queues.

    Raises:
        RequestError: A provider cannot be called, or is out of reach; a node is not there.
    """
    check_names(request, settings.queue_tables)
    used = pubs_by_queue(request, list(settings.queue_tables))
    tables = {name: settings.queue_tables[name] for name in used}
    if settings.is_rehearsal:
        return settings, rehearsed(tables, settings.folder, store)
    if settings.address is not None:
        found = open_queues(tables, settings.folder, settings.address, settings.attachment)
        return settings, found
    here = _this_node(settings)
    tables = {name: _for_here(table, here) for name, table in tables.items()}
    elsewhere = {name: table.node for name, table in tables.items() if table.node}
    if not elsewhere:
        return settings, open_queues(tables, settings.folder)
    if not uses_allocation(settings):
        name, node = next(iter(elsewhere.items()))
        raise RequestError(
            f"queues.{name}.node = {node!r}: the only node is {here}. Give the address of a Ray"
            " that has it, run in a Slurm job that does, or leave node out where this machine can"
            " reach the vendor"
        )
    queues = queues_of_nodes(tables, settings.folder)
    cluster = open_cluster(store, workers, settings)
    return replace(settings, opened=cluster), cluster.with_queues(queues).queues


def refuse_queues(request: Request, settings: Settings, command: str, instead: str) -> None:
    """Refuse pubs that are for queues, where nobody would serve these.

    Args:
        request: What is asked.
        settings: What was said.
        command: What does not serve them.
        instead: What to do.

    Raises:
        RequestError: There are such pubs, or ones for a queue that nobody knows.
    """
    check_names(request, settings.queue_tables)
    used = pubs_by_queue(request, list(settings.queue_tables))
    if used:
        names = ", ".join(map(repr, used))
        raise RequestError(
            f"{command}: {sum(map(len, used.values()))} of {len(request.pubs)} pubs are for queues"
            f" ({names}), and it serves none: {instead}. Nothing was submitted"
        )


def _this_node(settings: Settings) -> Node:
    """Return the node that this process is on, as a Ray that we start would have it."""
    labels: Mapping[str, str] = NodeLabels(settings.labels).of(socket.gethostname())
    if is_in_allocation(os.environ):
        try:
            found = allocation_of(os.environ, BringUp())
        except ExecutionError:  # a shell on a login node
            return Node("", {}, labels, socket.gethostname())
        found = replace(found, labels=NodeLabels(settings.labels))
        labels = found.labels_of(found.here)
    return Node("", {}, labels, socket.gethostname())


def _for_here(table: QueueTable, here: Node) -> QueueTable:
    """Let this process speak with the vendor where the node is its own."""
    if table.node is not None and here.is_called(table.node):
        return table.model_copy(update={"node": None})
    return table
