"""How Ray is started on this machine: its environment, its command line. Text only, no hands.

One head on loopback alone, with a token of its own, free ports and no dashboard; it shares nothing
with any other Ray on the machine, and never touches ``/tmp/ray``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from .node_labels import labels_option
from .ray_messages import Settings

LOOPBACK = "127.0.0.1"

MAX_TEMP_DIR_BYTES = 39
"""Ray puts sockets below its folder, and a socket's path has at most 107 bytes."""

_NEVER_INHERITED = ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_AUTH_TOKEN", "RAY_JOB_CONFIG_JSON_ENV_VAR")
"""They point at another Ray; a token in a variable would win over the one in our file."""

_OF_OUR_OWN_RAY = {
    "RAY_AUTH_MODE": "token",
    # Two ports that have no option. Their fixed defaults would collide with another Ray's.
    "AUTOSCALER_METRIC_PORT": "0",
    "DASHBOARD_METRIC_PORT": "0",
}

_OF_A_LOCAL_RAY = {
    # Not only on Windows and macOS does this make Ray take 127.0.0.1 for the node's address and
    # bind every port there; on Linux even --node-ip-address=127.0.0.1 would be replaced without it.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # When the GCS dies, Ray ends its driver without a word. Sooner is better: ours is replaced.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
}

_OF_EVERY_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Workers without a GPU must not see any: Aer would take memory on all of them when imported.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    # 10 s is when a silent connection is tested, instead of minutes, so that what was under way
    # on a node that is cut off is given up soon.
    "RAY_grpc_client_keepalive_time_ms": "10000",
    "RAY_grpc_client_keepalive_timeout_ms": "10000",
    # Nobody asks for the state of single tasks; our ledger has it.
    "RAY_task_events_report_interval_ms": "0",
}


def own_environment(inherited: Mapping[str, str], token_path: str) -> dict[str, str]:
    """Return the environment of a Ray of our own, and of its driver, wherever it is.

    Args:
        inherited: The environment of this process.
        token_path: The file with the token.
    """
    kept = {name: value for name, value in inherited.items() if name not in _NEVER_INHERITED}
    return {**kept, **_OF_EVERY_RAY, **_OF_OUR_OWN_RAY, "RAY_AUTH_TOKEN_PATH": token_path}


def local_environment(inherited: Mapping[str, str], token_path: str) -> dict[str, str]:
    """Return the environment of a Ray of our own on this machine, and of its driver.

    Args:
        inherited: The environment of this process.
        token_path: The file with the token.
    """
    return {**own_environment(inherited, token_path), **_OF_A_LOCAL_RAY}


def attached_environment(
    inherited: Mapping[str, str], token_path: str | None = None
) -> dict[str, str]:
    """Return the environment of a driver that joins a Ray which is there.

    Tokens are asked for unless the user says otherwise with ``RAY_AUTH_MODE=disabled``.

    Args:
        inherited: The environment of this process.
        token_path: The file with the token; ``None``: found as Ray itself finds it.
    """
    said = {"RAY_AUTH_MODE": "token", **_OF_EVERY_RAY, **inherited}
    # An address that is said goes before one that is inherited, whatever Ray makes of both.
    said.pop("RAY_ADDRESS", None)
    if token_path is not None:
        said.pop("RAY_AUTH_TOKEN", None)
        said["RAY_AUTH_TOKEN_PATH"] = token_path
    return said


def head_command(settings: Settings, temp_dir: str, port: int, client_port: int) -> Sequence[str]:
    """Return the command that starts a head and stays until it is ended.

    Args:
        settings: The workers that it must have room for.
        temp_dir: Ray's folder.
        port: A free port for the GCS.
        client_port: A free port for the server of Ray Client, which cannot be left out.
    """
    options = {
        "port": port,
        "node-ip-address": LOOPBACK,
        "num-cpus": sum((kind.workers or 1) * kind.threads for kind in settings.kinds),
        "num-gpus": sum(math.ceil((kind.workers or 1) * kind.gpus) for kind in settings.kinds),
        "memory": settings.memory_bytes,
        "object-store-memory": settings.object_store_bytes,
        "temp-dir": temp_dir,
        "include-dashboard": "false",
        "include-log-monitor": "false",
        "dashboard-agent-listen-port": 0,
        "ray-client-server-port": client_port,
    }
    said = [f"--{name}={value}" for name, value in options.items()]
    if settings.node_labels:
        said.append(labels_option(settings.node_labels))
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
    return [*start, "--no-monitor", "--disable-usage-stats", "--log-style=record", *said]
