"""Whether a node sees a job's folder: the very one that the driver has, not one of the same name.

Each lease has a token of its own in the folder, which nobody can know who does not see it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ..primitives.errors import StoreError
from .lease import read_driver

VISIBLE_SECONDS = 5.0
"""How long a name that another node has made may take to be seen here."""

_POLL_SECONDS = 0.05

_seen: set[Mark] = set()
"""What this process has seen: that is not looked for again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A driver's lease, by which its folder is known."""

    folder: Path
    """As the driver calls it."""
    token: str
    """Of the lease."""

    def is_seen(self, patience_seconds: float = 0.0) -> bool:
        """Say whether the folder that the driver has is to be seen from here.

        Args:
            patience_seconds: How long to look for it.
        """
        deadline = time.monotonic() + patience_seconds
        while self not in _seen:
            if self._shows():
                _seen.add(self)
            elif time.monotonic() >= deadline:
                return False
            else:
                time.sleep(_POLL_SECONDS)
        return True

    def _shows(self) -> bool:
        try:
            driver = read_driver(self.folder)
        except OSError:
            return False
        return driver is not None and driver.token == self.token


def unseen(folder: Path, node: str) -> StoreError:
    """Make the error of a store that a node does not see."""
    return StoreError(
        f"node {node} does not see {folder} as its driver does: put the store on a filesystem that "
        "all nodes share, or let segments travel through Ray (leave is_shared, or shared_store "
        "under [ray] in a profile, as it is: 'auto')"
    )
