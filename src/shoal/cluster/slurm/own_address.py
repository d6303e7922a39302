"""The numeric address under which this node is reached by the others."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress

from ...primitives.errors import ExecutionError

_SIOCGIFADDR = 0x8915


def own_address(interface: str | None, peers: tuple[str, ...]) -> str:
    """Find this node's address.

    Names are not handed on: compute nodes cannot always resolve each other's, and a Debian-style
    ``127.0.1.1`` leads nowhere.

    Args:
        interface: The network interface to use; ``None``: the one that leads to a peer.
        peers: Hosts to be reached, the best first; a name that nobody knows is passed over.

    Raises:
        ExecutionError: There is no such interface, or no peer that the way is known to.
    """
    if interface is not None:
        return _address_of_interface(interface)
    for peer in peers:
        with suppress(OSError):
            # Connecting a datagram socket sends nothing: it only looks up the route.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((peer, 9))
                address: str = probe.getsockname()[0]
            if not address.startswith(("127.", "0.")):
                return address
    raise ExecutionError(
        f"no address of {socket.gethostname()} is known under which other nodes reach it (tried the"
        f" ways to {', '.join(peers)}): say which interface it has, as [slurm] interface = ... in a"
        " profile"
    )


def _address_of_interface(interface: str) -> str:
    request = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
        except OSError as error:
            known = ", ".join(name for _, name in socket.if_nameindex())
            raise ExecutionError(
                f"{socket.gethostname()} has no network interface {interface!r} with an IPv4"
                f" address; found {known}"
            ) from error
    return socket.inet_ntoa(answer[20:24])
