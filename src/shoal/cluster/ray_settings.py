"""How large a Ray is, and its workers: what the user said, completed by what the machine has."""

from __future__ import annotations

import math
import os
import site
import socket
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from .allocation import Allocation
from .attachment import Attachment
from .node_cores import usable_cores
from .node_labels import NodeLabels
from .node_memory import usable_memory_bytes
from .ray_address import RayAddress
from .ray_messages import Settings
from .worker_kind import WorkerKind

OBJECT_STORE_BYTES = 256 << 20
"""Results rest in segments: only requests, and small jobs' segments, pass through Ray's store."""

_LEAST_OBJECT_STORE_BYTES = 80 << 20
"""Ray refuses to start with less than 75 MB."""

_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (only its size is read)


def local_settings(
    folder: Path,
    *,
    workers: int | None,
    threads: int | None,
    gpus: int,
    labels: NodeLabels | None = None,
) -> Settings:
    """Choose the size of a Ray of our own on this machine.

    Args:
        folder: Where it is kept.
        workers: How many workers; ``None``: one a core, or one a GPU.
        threads: Cores of each; ``None``: the cores are divided among them.
        gpus: GPUs to use, one a worker.
        labels: What is said of nodes, and so perhaps of this machine.

    Raises:
        ValueError: A number that makes no sense.
    """
    _check(workers=workers, threads=threads)
    if gpus < 0 or (gpus and workers not in (None, gpus)):
        raise ValueError(
            f"gpus={gpus}: found {workers} workers, expected one a GPU: leave workers out"
        )
    count = workers or gpus or usable_cores()
    kind = WorkerKind(
        workers=count,
        threads=threads or max(1, usable_cores() // count),
        gpus=1.0 if gpus else 0.0,
        memory_bytes=usable_memory_bytes() // count,
    )
    return Settings(
        address=None,
        folder=str(folder),
        kinds=(kind,),
        object_store_bytes=object_store_bytes(),
        memory_bytes=usable_memory_bytes() * 7 // 10,
        node_labels=(labels or NodeLabels()).of(socket.gethostname()),
        search_path=_search_path(),
    )


def attached_settings(
    folder: Path,
    address: str,
    kinds: Sequence[WorkerKind],
    attachment: Attachment | None = None,
) -> Settings:
    """Choose how the nodes of a Ray that is there are divided among workers.

    Args:
        folder: Where the driver's log is kept.
        address: Of the Ray.
        kinds: The workers that are wanted.
        attachment: What else is said of that Ray.

    Raises:
        ValueError: It is no address, or no workers are wanted.
    """
    attachment = attachment or Attachment()
    if not kinds:
        raise ValueError("kinds=(): expected at least one kind of worker")
    if attachment.autoscale and any(kind.workers is None for kind in kinds):
        raise ValueError(
            "autoscale: say how many workers are wanted, so that nodes can be asked for"
        )
    return Settings(
        address=str(RayAddress.parse(address)),
        folder=str(folder),
        kinds=tuple(kinds),
        attachment=attachment,
    )


def allocation_settings(
    folder: Path, allocation: Allocation, kinds: Sequence[WorkerKind]
) -> Settings:
    """Choose how the nodes of a Slurm job are divided among workers.

    Args:
        folder: Where the driver's log and the token are kept.
        allocation: The nodes.
        kinds: The workers that are wanted; at least one kind.
    """
    return Settings(
        address=None,
        folder=str(folder),
        kinds=tuple(kinds),
        allocation=allocation,
        # No result depends on a clock, and a node that was paid for is used: it is only told.
        attachment=Attachment(max_skew_seconds=math.inf),
        search_path=_search_path(),
    )


def _check(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 1:
            raise ValueError(f"{name}={count}: expected at least 1")


def object_store_bytes() -> int:
    """Take half of what is free of the shared memory at the most: containers often have 64 MB."""
    try:
        found = os.statvfs(_SHARED_MEMORY)
    except OSError:
        return _LEAST_OBJECT_STORE_BYTES
    half = found.f_bavail * found.f_frsize // 2
    return max(_LEAST_OBJECT_STORE_BYTES, min(OBJECT_STORE_BYTES, half))


def _search_path() -> tuple[str, ...]:
    """Return where this process finds modules that a fresh Python would not: the user's own."""
    known = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    known += [*site.getsitepackages(), site.getusersitepackages()]
    folders = [Path(entry).absolute() for entry in sys.path if not entry.endswith(".zip")]
    own = [one for one in folders if not any(map(one.is_relative_to, known))]
    return tuple(dict.fromkeys(map(str, own)))
