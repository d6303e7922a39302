"""What all runners of this floor are as Python objects: contexts that copies share."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class OpenedRunner:
    """A runner that holds something until it is closed."""

    def close(self) -> None:
        """Give it up.

        Raises:
            NotImplementedError: The class does not say how.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Use it until the context is left."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __deepcopy__(self, memo: object) -> Self:
        """Return the runner itself: copies of a primitive share what it holds."""
        return self
