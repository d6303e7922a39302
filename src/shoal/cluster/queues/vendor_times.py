"""When a vendor's job was done: as the vendor says, else as we saw it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def end_of(job: Any) -> str | None:
    """Return when a vendor's job was done, where its ``metrics`` say so, as IBM's do.

    Args:
        job: One that is done.

    Returns:
        UTC, ISO 8601; ``None``: it does not say.
    """
    metrics = getattr(job, "metrics", None)
    try:
        found = metrics() if callable(metrics) else None
    except Exception:  # a vendor's client, which may raise anything; the shots are there
        return None
    stamps = found.get("timestamps") if isinstance(found, Mapping) else None
    return in_utc(stamps.get("finished")) if isinstance(stamps, Mapping) else None


def in_utc(said: Any) -> str | None:
    """Write a vendor's time as ours are.

    Args:
        said: A ``datetime``, or ISO 8601; without an offset it is UTC.

    Returns:
        ISO 8601 to the millisecond; ``None``: this is no time.

    >>> in_utc("2026-01-02T03:04:05+01:00")
    '2026-01-02T02:04:05.000+00:00'
    """
    try:
        found = said if isinstance(said, datetime) else datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.isoformat(timespec="milliseconds")


def seconds_of(written: str) -> float:
    """Return the seconds since 1970 of a time in ISO 8601."""
    return datetime.fromisoformat(written).timestamp()
