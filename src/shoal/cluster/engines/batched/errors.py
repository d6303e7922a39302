"""Why a circuit is not compiled."""

from __future__ import annotations

from ....primitives.errors import UnsupportedError


class CannotCompile(UnsupportedError):  # noqa: N818 - says what is the matter
    """A circuit holds something that the batched engine does not simulate exactly."""
