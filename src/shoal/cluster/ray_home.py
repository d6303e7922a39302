"""Where a driver's Ray is: on this machine, on a Slurm job's nodes, or with somebody else."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ..primitives.errors import ExecutionError
from .allocation import Allocation
from .attachment import Attachment
from .node_folder import NodeFolder
from .parenthood import reap
from .ray_address import RayAddress
from .ray_head import RayHead
from .ray_messages import Settings
from .slurm.steps import Steps

Say = Callable[[str], None]
"""Tells the user, who sees nothing of the driver's process; nothing, that all is well."""


class RayHome(Protocol):
    """A Ray to connect to."""

    def bring_up(self) -> str:
        """Start what is to be started; return the address of the head."""
        ...

    def wait_for_nodes(self, count: Callable[[], int]) -> None:
        """Wait, connected, until there are nodes enough to begin."""
        ...

    def refresh(self, now: float) -> str | None:
        """Look after it; return why it cannot be used any more, if so."""
        ...

    def leave(self, parent: int) -> None:
        """Give back what was taken, end what was started."""
        ...


def home_of(settings: Settings, say: Say) -> RayHome:
    """Choose by what was said.

    Args:
        settings: What was said.
        say: Tells the user.
    """
    if settings.address is not None:
        return _Elsewhere(settings.address, settings.attachment)
    if settings.allocation is not None:
        return _InAllocation(settings, settings.allocation, say)
    return _OnThisMachine(settings)


class _OnThisMachine:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bring_up(self) -> str:
        with (Path(self._settings.folder) / "log").open("ab", buffering=0) as log:
            self._head = RayHead(self._settings, log)
        import ray  # noqa: F401 (while the head starts)

        self._head.wait()
        return self._head.address

    def wait_for_nodes(self, count: Callable[[], int]) -> None:
        pass

    def refresh(self, now: float) -> str | None:
        return None if self._head.is_alive else "Ray on this machine ended by itself"

    def leave(self, parent: int) -> None:
        _end_processes(Path(self._settings.folder), parent)


class _InAllocation:
    def __init__(self, settings: Settings, allocation: Allocation, say: Say) -> None:
        self._folder = Path(settings.folder)
        self._allocation = allocation
        self._say = say
        token = NodeFolder(self._folder).token.read_text()
        self._steps = Steps(allocation, token, self._folder, say)

    def bring_up(self) -> str:
        return self._steps.start()

    def wait_for_nodes(self, count: Callable[[], int]) -> None:
        wanted = self._allocation.bring_up
        deadline = time.monotonic() + wanted.start_seconds
        while (found := count()) < wanted.min_nodes:
            if time.monotonic() > deadline:
                raise ExecutionError(
                    f"{found} of the {wanted.min_nodes} nodes that were to be there in"
                    f" {wanted.start_seconds:g} s: {'; '.join(self._steps.failures().values())}"
                )
            self._say("")
            self._steps.refresh(time.monotonic())
            time.sleep(0.1)

    def refresh(self, now: float) -> str | None:
        if not self._steps.has_head():
            return "; ".join(self._steps.failures().values())
        self._steps.refresh(now)
        return None

    def leave(self, parent: int) -> None:
        self._steps.end()
        _end_processes(self._folder, parent)


class _Elsewhere:
    def __init__(self, address: str, attachment: Attachment) -> None:
        self._address = address
        self._attachment = attachment

    def bring_up(self) -> str:
        """Find out at once what Ray would find out after minutes."""
        from .ray_door import check_door

        check_door(RayAddress.parse(self._address))
        return self._address

    def wait_for_nodes(self, count: Callable[[], int]) -> None:
        pass

    def refresh(self, now: float) -> str | None:
        return None

    def leave(self, parent: int) -> None:
        if "ray" in sys.modules:
            # Ray ends the workers of a driver that is gone, too, only later.
            leaving = threading.Thread(target=self._give_back, daemon=True)
            leaving.start()
            leaving.join(5.0)

    def _give_back(self) -> None:
        import ray

        if self._attachment.autoscale:
            from ray.autoscaler.sdk import request_resources

            with suppress(Exception):  # Ray may be gone, and will not be asked for nodes then
                request_resources(bundles=[])
        ray.shutdown()


def _end_processes(path: Path, parent: int) -> None:
    folder = NodeFolder(path)
    folder.end_processes()
    reap()
    if os.getppid() != parent:
        # Otherwise the process that we serve removes it, and may still want the log.
        folder.remove()
