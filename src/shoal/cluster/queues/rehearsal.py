"""A campaign without its vendors: each queue a fake one, with faults of every kind in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qiskit_aer import AerSimulator

from ...primitives.errors import RequestError
from ..engines.fake import FakeQueue, FakeScript
from .far_side import look_for_modules_in
from .opening import call_provider
from .profile import QueueTable
from .served import QueueSet

REHEARSAL = "-rehearsal"
"""The end of a rehearsal's store: none of its shots are among real ones."""

USUAL = FakeScript(
    latency_seconds=(0.05, 0.5),
    unreachable=(1,),
    unanswered=(3,),
    failed_jobs=(2,),
    lost_jobs=(4,),
    unreachable_polls=(0, 5),
)
"""Every kind of fault that passes, once."""


def rehearsed(tables: Mapping[str, QueueTable], folder: Path, store: Path) -> QueueSet:
    """Open a fake queue for each of a profile's queues; no vendor is asked for anything.

    Args:
        tables: By name.
        folder: Of the profile.
        store: Of the rehearsal; the fake queues' books are in it.

    Raises:
        RequestError: A stand-in cannot be made, or a script makes no sense.
    """
    look_for_modules_in(folder)
    found: dict[str, Any] = {}
    for name, table in tables.items():
        device = AerSimulator()
        if table.rehearse is not None:
            device = call_provider(f"queues.{name}.rehearse", table.rehearse, {})
        try:
            script = replace(USUAL, **table.script)
            queue = FakeQueue(device, store / ".queues" / name, script, name=name)
        except (TypeError, ValueError) as error:
            raise RequestError(f"queues.{name}.script: {error}") from error
        numbers = replace(table.settings(), poll_seconds=0.02, max_poll_seconds=0.2)
        found[name] = queue, numbers
    return QueueSet(found)


def rehearsal_lines(queues: QueueSet) -> Iterator[str]:
    """Say what the fake queues have seen.

    Args:
        queues: Of a rehearsal.
    """
    for name in queues.names:
        queue = queues.device(name)
        if isinstance(queue, FakeQueue):
            yield (
                f"rehearsed: queue {name} took {queue.submissions} jobs in {queue.calls} calls;"
                f" its books are in {queue.desk.folder}"
            )
