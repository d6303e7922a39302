"""What a misbehaving queue raises: as a vendor's client would."""

from __future__ import annotations


class QueueUnreachableError(ConnectionError):
    """Nobody answers now; the same call may succeed later."""


class QueueRefusedError(ValueError):
    """The queue has understood what was asked, and will never do it."""


class UnknownJobError(LookupError):
    """The queue knows no job of that id, or has forgotten it."""
