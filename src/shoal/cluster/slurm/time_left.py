"""Slurm's way of writing a span of time."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)")


def parse_time_left(text: str) -> float | None:
    """Return the seconds that a span stands for.

    Args:
        text: As ``squeue --format=%L`` prints it.

    Returns:
        Seconds; ``None``: there is no limit, or Slurm does not say.

    >>> parse_time_left("1-02:03:04"), parse_time_left("03:04")
    (93784.0, 184.0)
    >>> parse_time_left("UNLIMITED") is None
    True
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
