"""The process that Slurm starts for us on each node: Ray's parent there, and its end.

It reads its order from standard input, starts Ray, and ends it, and only it, when standard input
ends, when Slurm says so, or when Ray ends by itself. If this process is killed, Ray dies with it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from types import FrameType
from typing import TypeVar

from ...primitives.errors import ExecutionError
from ..node_folder import NodeFolder
from ..node_labels import labels_option
from ..parenthood import adopt_orphans, end_with_parent, reap
from ..ray_head import last_words
from ..ray_settings import object_store_bytes
from .lost_driver import end_job_without_script
from .node_ray import allocation_environment, head_node_command, worker_node_command
from .orders import Arrived, Head, Message, Order, RayEnded, RayStarted, from_line, to_line
from .own_address import own_address
from .share import Share, share_of_this_node

LOOK_SECONDS = 0.2

_STANDARD_INPUT = 0

Received = TypeVar("Received", Order, Head)


class _Ending(BaseException):
    """Slurm ends this step."""


def main() -> int:
    """Serve the driver at the other end of ``srun``; return the exit code."""
    adopt_orphans()
    # A warning without "B:" goes to every step; Ray would die of it.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    folder = None
    try:
        order = _read(Order)
        sees_store = order.witness is None or Path(order.witness).exists()
        _tell(Arrived(socket.gethostname(), sees_store))
        folder = NodeFolder.make(order.token)
        _run(order, folder)
    except _Ending:
        pass
    except (ExecutionError, OSError, ValueError) as error:
        _tell(RayEnded(str(error)))
        return 1
    finally:
        if folder is not None:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            while folder.end_processes():
                time.sleep(0.01)
            reap()
            folder.remove()
    return 0


def _run(order: Order, folder: NodeFolder) -> None:
    """Start Ray and watch it until there is a reason to end it.

    Raises:
        ExecutionError: It could not start, or ended by itself.
    """
    share = share_of_this_node(order.memory_bytes_per_node, order.memory_bytes_per_cpu)
    address, command = _command(order, share, str(folder.ray))
    command = [*command, labels_option(order.labels)]
    with folder.log.open("ab", buffering=0) as log:
        ray = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=allocation_environment(os.environ, str(folder.token)),
            preexec_fn=end_with_parent,
            start_new_session=True,
        )
    folder.note_session(ray.pid)
    is_told = False
    heard = time.monotonic()
    while (beat := _beat(LOOK_SECONDS)) is not _Beat.OVER:
        if beat is _Beat.HEARD:
            heard = time.monotonic()
        elif time.monotonic() - heard > order.silence_seconds:
            if end_job_without_script(os.environ["SLURM_JOB_ID"], order.driver_node):
                return
            heard = time.monotonic()
        if ray.poll() is not None:
            raise ExecutionError(f"Ray ended: {last_words(folder.log)}")
        if not is_told and _is_listening(address):
            is_told = True
            _tell(RayStarted(address, share.cpus, share.gpus))


def _command(order: Order, share: Share, temp_dir: str) -> tuple[str, Sequence[str]]:
    """Return the head's address, and how Ray is started on this node."""
    store = object_store_bytes()
    if not order.is_head:
        head = _read(Head).address
        address = own_address(order.interface, (head.rpartition(":")[0],))
        return head, worker_node_command(address, head, share, store, temp_dir)
    # The way to srun's own host is known in any case; with several nodes, to another one is better.
    known = (order.peer, os.environ.get("SLURM_LAUNCH_NODE_IPADDR"), socket.gethostname())
    address = own_address(order.interface, tuple(filter(None, known)))
    port, client_port = _free_ports(address, order.port)
    return f"{address}:{port}", head_node_command(
        address, port, client_port, share, store, temp_dir
    )


def _free_ports(address: str, wanted: int) -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            first.bind((address, wanted))
        except OSError as error:
            raise ExecutionError(
                f"port {wanted} of {socket.gethostname()} ({address}) cannot be used:"
                f" {error.strerror}; without [slurm] port = ... a free one is chosen"
            ) from error
        second.bind((address, 0))
        return first.getsockname()[1], second.getsockname()[1]


def _is_listening(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1.0):
        return True
    return False


def _read(kind: type[Received]) -> Received:
    line = bytearray()
    while not line.endswith(b"\n"):
        # Not through a buffer: the end of the input is looked for by its descriptor.
        read = os.read(_STANDARD_INPUT, 1)
        if not read:
            raise _Ending
        line += read
    message = from_line(bytes(line))
    if not isinstance(message, kind):
        raise ValueError(f"expected {kind.__name__}, found {type(message).__name__}")
    return message


class _Beat(Enum):
    """What standard input brings within a while."""

    HEARD = auto()
    SILENCE = auto()
    OVER = auto()


def _beat(timeout_seconds: float) -> _Beat:
    readable, _, _ = select.select([_STANDARD_INPUT], [], [], timeout_seconds)
    if not readable:
        return _Beat.SILENCE
    return _Beat.HEARD if os.read(_STANDARD_INPUT, 4096) else _Beat.OVER


def _tell(message: Message) -> None:
    with suppress(OSError):
        sys.stdout.buffer.write(to_line(message))
        sys.stdout.buffer.flush()


def _end(number: int, frame: FrameType | None) -> None:
    raise _Ending


if __name__ == "__main__":
    sys.exit(main())
