"""What all runners of this floor are as Python objects: contexts that copies share."""

from __future__ import annotations

from typing import Self

from ..orchestrator.closing import Closing


class OpenedRunner(Closing):
    """A runner that holds something until it is closed."""

    def __deepcopy__(self, memo: object) -> Self:
        """Return the runner itself: copies of a primitive share what it holds."""
        return self
