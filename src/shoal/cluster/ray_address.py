"""Where a Ray is that somebody else runs: text in, meaning out."""

from __future__ import annotations

from dataclasses import dataclass

AUTO = "auto"

_CLIENT = "ray://"


@dataclass(frozen=True, slots=True)
class RayAddress:
    """An address as users say it.

    >>> RayAddress.parse("ray://head.example:10001")
    RayAddress(host='head.example', port=10001, is_client=True)
    """

    host: str | None
    """``None``: of the Ray on this machine, wherever that listens."""
    port: int | None
    is_client: bool = False
    """Whether a server of Ray Client is there, which serves machines that are no nodes."""

    @classmethod
    def parse(cls, text: str) -> RayAddress:
        """Read an address.

        Args:
            text: ``HOST:PORT`` of the GCS, ``ray://HOST:PORT`` of a server of Ray Client, or
                ``auto``.

        Raises:
            ValueError: It is none of these.
        """
        if text == AUTO:
            return cls(None, None)
        is_client = text.startswith(_CLIENT)
        host, _, port = text.removeprefix(_CLIENT).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or "/" in host or not (port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(
                f"address {text!r}: expected HOST:PORT of a Ray's GCS (as `ray start` prints it), "
                "ray://HOST:PORT of its server for Ray Client, or 'auto' for the one on this "
                "machine"
            )
        return cls(host, int(port), is_client)

    def __str__(self) -> str:
        """Return the address as Ray takes it."""
        if self.host is None:
            return AUTO
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_CLIENT if self.is_client else ''}{host}:{self.port}"
