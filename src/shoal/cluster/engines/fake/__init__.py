"""A queue that misbehaves as told: to rehearse a campaign with, and to test what serves queues."""

from .faults import QueueRefusedError, QueueUnreachableError
from .queue import FakeQueue
from .script import FakeScript

__all__ = ["FakeQueue", "FakeScript", "QueueRefusedError", "QueueUnreachableError"]
