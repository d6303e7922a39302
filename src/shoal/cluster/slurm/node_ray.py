"""How Ray is started on one node of an allocation: its environment, its command line. Text only."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from ..ray_bringup import own_environment
from .share import Share

_OF_AN_ALLOCATION = {
    # A node that went silent is given up after half a minute instead of more than a whole one; a
    # busy one may take ten seconds to answer.
    "RAY_health_check_period_ms": "3000",
    "RAY_health_check_timeout_ms": "10000",
    "RAY_health_check_failure_threshold": "2",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "30",
    # Slurm sends SIGKILL soon after SIGTERM; what we end, we end at once.
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "1",
}


def allocation_environment(inherited: Mapping[str, str], token_path: str) -> dict[str, str]:
    """Return the environment of Ray on a node, and of its driver.

    Args:
        inherited: The environment of this process.
        token_path: The file with the token, on this node.
    """
    return {**own_environment(inherited, token_path), **_OF_AN_ALLOCATION}


def head_node_command(
    address: str, port: int, client_port: int, share: Share, object_store: int, temp_dir: str
) -> Sequence[str]:
    """Return the command that starts Ray's head and stays until it is ended.

    Args:
        address: This node's.
        port: A free one, for the head.
        client_port: A free one, for the server of Ray Client, which cannot be left out.
        share: What Ray may use.
        object_store: Bytes of its shared memory.
        temp_dir: Ray's folder.
    """
    head = ["--head", f"--port={port}", f"--ray-client-server-port={client_port}"]
    quiet = ["--include-dashboard=false", "--no-monitor"]
    return [*_start(address, share, object_store, temp_dir), *head, *quiet]


def worker_node_command(
    address: str, head: str, share: Share, object_store: int, temp_dir: str
) -> Sequence[str]:
    """Return the command that starts Ray on another node and stays until it is ended.

    Args:
        address: This node's.
        head: Host and port of Ray's head.
        share: What Ray may use.
        object_store: Bytes of its shared memory.
        temp_dir: Ray's folder.
    """
    return [*_start(address, share, object_store, temp_dir), f"--address={head}"]


def _start(address: str, share: Share, object_store: int, temp_dir: str) -> Sequence[str]:
    options = {
        "node-ip-address": address,
        "num-cpus": share.cpus,
        "num-gpus": share.gpus,
        "memory": share.memory_bytes,
        "object-store-memory": object_store,
        "temp-dir": temp_dir,
        "include-log-monitor": "false",
        "dashboard-agent-listen-port": 0,
        # Not 10002 to 19999, where a neighbour's Ray looks for free ones, too.
        "min-worker-port": 0,
        "max-worker-port": 0,
    }
    said = [f"--{name}={value}" for name, value in options.items()]
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
    return [*start, "--disable-usage-stats", "--log-style=record", *said]
