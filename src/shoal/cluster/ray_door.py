"""Whether a Ray lets us in: found out at once, in words that say what to do.

Ray finds out after minutes, and does not tell a wrong token from a network that is down.
Only for Ray's driver process: this imports Ray.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..primitives.errors import ExecutionError
from .ray_address import RayAddress

REACH_SECONDS = 10.0

_HEADER_BYTES, _TYPE_AT, _SETTINGS_TYPE = 9, 3, 4
"""Of a frame of HTTP/2."""

_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, _SETTINGS_TYPE, 0, 0, 0, 0, 0))

_RIGHT_ADDRESS = "is it the address that `ray start` printed, and the port of its GCS?"

_ALIVE = 0
"""The state of a node, as the GCS has it."""

_METADATA = b"CLUSTER_METADATA", b"cluster"
"""Where a GCS keeps which versions it is of."""


def check_door(address: RayAddress) -> None:
    """Find out whether a driver on this machine can use a Ray.

    Args:
        address: Where it is.

    Raises:
        ExecutionError: It cannot: in one line why, and what to do.
    """
    if address.host is None:
        return
    _check_reachable(address)
    if os.environ.get("RAY_AUTH_MODE") == "token":
        token_source(os.environ)
    if not address.is_client:
        _check_gcs(address)


def token_source(environment: Mapping[str, str]) -> str:
    """Say where Ray finds its token.

    Args:
        environment: Of the process.

    Raises:
        ExecutionError: There is none.
    """
    if environment.get("RAY_AUTH_TOKEN"):
        return "RAY_AUTH_TOKEN"
    said = environment.get("RAY_AUTH_TOKEN_PATH")
    path = Path(said) if said else Path.home() / ".ray" / "auth_token"
    try:
        if path.read_text().strip():
            return str(path)
        found = "it is empty"
    except OSError as error:
        found = str(error.strerror)
    raise ExecutionError(
        f"no authentication token: {path}: {found}. Copy the token of that Ray there (mode 0600), "
        "or say where it is (RAY_AUTH_TOKEN_PATH, or token_path under [ray] in a profile); a Ray "
        "without authentication needs RAY_AUTH_MODE=disabled"
    )


def check_versions(found: Mapping[str, Any], ray_version: str, python_version: str) -> None:
    """Compare a Ray's versions with this process's.

    Args:
        found: What its GCS says of it.
        ray_version: Of this process.
        python_version: Of this process.

    Raises:
        ExecutionError: They cannot talk to each other.
    """
    theirs = str(found.get("ray_version")), str(found.get("python_version"))
    if theirs[0] != ray_version or _minor(theirs[1]) != _minor(python_version):
        raise ExecutionError(
            f"another version: that cluster has Ray {theirs[0]} on Python {theirs[1]}, this "
            f"process Ray {ray_version} on Python {python_version}; install the same Ray, on a "
            "Python of the same minor version, in both places"
        )


def _check_reachable(address: RayAddress) -> None:
    try:
        with socket.create_connection((address.host, address.port), REACH_SECONDS) as found:
            speaks = os.environ.get("RAY_USE_TLS") == "1" or _speaks_grpc(found)
    except socket.gaierror as error:
        raise ExecutionError(f"the host {address.host!r} is not known: {error.strerror}") from error
    except TimeoutError as error:
        raise ExecutionError(
            f"no answer within {REACH_SECONDS:g} s: is a firewall between?"
        ) from error
    except ConnectionRefusedError as error:
        raise ExecutionError(
            f"nothing listens at port {address.port} of {address.host}: does Ray run there?"
        ) from error
    except OSError as error:
        raise ExecutionError(f"{address.host} cannot be reached: {error.strerror}") from error
    if not speaks:
        raise ExecutionError(f"what listens there is no Ray: {_RIGHT_ADDRESS}")


def _speaks_grpc(found: socket.socket) -> bool:
    """Greet as HTTP/2 does: a gRPC server answers with its settings, others with anything else."""
    try:
        found.sendall(_GREETING)
        answer = found.recv(_HEADER_BYTES, socket.MSG_WAITALL)
    except ConnectionError:  # hung up on by what does not like how it is spoken to
        return False
    return len(answer) == _HEADER_BYTES and answer[_TYPE_AT] == _SETTINGS_TYPE


def _check_gcs(address: RayAddress) -> None:
    import ray
    from ray._raylet import GcsClient  # type: ignore[attr-defined]
    from ray.exceptions import AuthenticationError

    try:
        gcs = GcsClient(address=str(address))
        found = gcs.internal_kv_get(*_METADATA, timeout=REACH_SECONDS)
    except AuthenticationError as error:
        raise ExecutionError(_refused(os.environ)) from error
    except Exception as error:
        raise ExecutionError(
            f"it does not answer as a Ray's GCS does ({type(error).__name__}): {_RIGHT_ADDRESS}"
        ) from error
    if found is not None:
        check_versions(json.loads(found), ray.__version__, platform.python_version())
    _check_membership(gcs)


def _refused(environment: Mapping[str, str]) -> str:
    if environment.get("RAY_AUTH_MODE") != "token":
        return (
            "it asks for a token, and RAY_AUTH_MODE is "
            f"{environment.get('RAY_AUTH_MODE')!r} here: set it to 'token'"
        )
    return f"it refused the token from {token_source(environment)}: take the token of that Ray"


def _check_membership(gcs: Any) -> None:
    """Make sure that this machine is a node: a driver talks to the raylet beside it."""
    deadline = time.monotonic() + REACH_SECONDS
    while True:
        found = gcs.get_all_node_info(timeout=REACH_SECONDS).values()
        alive = [node for node in found if node.state == _ALIVE]
        if any(Path(node.raylet_socket_name).is_socket() for node in alive):
            return
        if alive or time.monotonic() > deadline:
            break
        time.sleep(0.2)  # its head was started a moment ago
    names = sorted({node.node_manager_hostname for node in alive})
    raise ExecutionError(
        f"this machine ({socket.gethostname()}) is none of its {len(alive)} nodes"
        f" ({', '.join(names[:8])}{', ...' * (len(names) > 8)}): run on one of them, make this "
        "machine one with `ray start --address=... --num-cpus=0`, or say ray://HOST:10001 to come "
        "in through Ray Client"
    )


def _minor(python_version: str) -> str:
    return ".".join(python_version.split(".")[:2])
