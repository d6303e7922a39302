"""Which faults of a vendor's client pass by themselves."""

from __future__ import annotations

import socket
from collections.abc import Iterator

PASSING_STATUS = (408, 425, 429)
"""HTTP's words for "later", besides all from 500 on."""


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed later: the network or the server had a bad moment.

    Args:
        error: What a vendor's client raised.
    """
    for one in _chain(error):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(status, int):
            return status in PASSING_STATUS or status >= 500
    return any(
        isinstance(one, ConnectionError | TimeoutError) or _is_http(one) for one in _chain(error)
    )


def is_unknown_job(error: BaseException) -> bool:
    """Return whether a vendor says that it knows no such job.

    Args:
        error: What its client raised.
    """
    return isinstance(error, LookupError) or type(error).__name__.endswith("JobNotFound")


def never_arrived(error: BaseException) -> bool:
    """Return whether what was to be sent cannot have reached the vendor, or was turned away.

    Args:
        error: A fault that passes.
    """
    for one in _chain(error):
        if getattr(getattr(one, "response", None), "status_code", None) in (429, 503):
            return True
        if isinstance(one, ConnectionRefusedError | socket.gaierror):
            return True
        if type(one).__name__ in ("ConnectTimeout", "NewConnectionError", "ConnectTimeoutError"):
            return True
    return False


def _is_http(error: BaseException) -> bool:
    """Return whether a client of HTTP raised an error of the network."""
    return isinstance(error, OSError) and type(error).__module__.partition(".")[0] in (
        "requests",
        "urllib3",
        "httpx",
        "socket",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 16:
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1
