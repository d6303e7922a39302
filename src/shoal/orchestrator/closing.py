"""What is held until it is closed."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """A context that ends by `close`."""

    def close(self) -> None:
        """Give up what is held.

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
