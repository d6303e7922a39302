"""Values on their way to processes that we started ourselves."""

from __future__ import annotations

from typing import Any, cast


def dumps(value: Any) -> bytes:
    """Pickle a value; classes and functions of a script or a notebook travel with it.

    Args:
        value: A request, with whatever gates of the user's are in it.
    """
    # Ray's own copy, which will read it too. Imported late: Ray takes a third of a second.
    from ray import cloudpickle

    return cast(bytes, cast(Any, cloudpickle).dumps(value))
