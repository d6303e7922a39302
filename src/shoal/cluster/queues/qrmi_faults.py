"""What QRMI's client says of the network and of its server: it has one class for all, and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

_OF_THE_NETWORK = "error in reqwest"
_STATUS = re.compile(r"response body: (\d{3}) ")


class QrmiFaultError(ConnectionError):
    """The vendor did not answer, or answered with a status of HTTP."""

    def __init__(self, words: str, status: int | None = None) -> None:
        """Take what was said.

        Args:
            words: QRMI's.
            status: Of HTTP, if there was an answer.
        """
        super().__init__(words)
        self.response = None if status is None else SimpleNamespace(status_code=status)


class QrmiUnsentError(QrmiFaultError, ConnectionRefusedError):
    """The vendor did not answer, and nothing was sent."""


@contextmanager
def told_apart(*, is_sent: bool = True) -> Iterator[None]:
    """Raise a fault of the network as one; others as they are.

    Args:
        is_sent: Whether what a fault interrupts may have arrived.

    Raises:
        QrmiFaultError: The network or the server had a bad moment.
    """
    try:
        yield
    except RuntimeError as error:
        words = str(error)
        found = _STATUS.search(words)
        if found is not None:
            raise QrmiFaultError(words, int(found[1])) from error
        if _OF_THE_NETWORK in words:
            raise (QrmiFaultError if is_sent else QrmiUnsentError)(words) from error
        raise
