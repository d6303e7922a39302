"""A wish to end a job, left in its folder for whoever drives it.

A file, not a signal: it reaches a driver on another node or in another container, and a notebook
that drives a job is not killed along with it. It names the driver's lease, so that a wish which
came too late never ends the next run.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from .durable import write_whole
from .lease import Driver

CANCEL_NAME = "cancel.json"


def ask_to_cancel(folder: Path, driver: Driver) -> None:
    """Leave a driver the wish to end its job.

    Args:
        folder: The job's folder.
        driver: Who drives it now.

    Raises:
        StoreError: The folder cannot be written.
    """
    wish = {
        "token": driver.token,
        "asked": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": Driver.here().host,
    }
    write_whole(folder / CANCEL_NAME, json.dumps(wish).encode() + b"\n")


def is_asked_to_cancel(folder: Path, driver: Driver) -> bool:
    """Say whether somebody wants a driver to end its job.

    Args:
        folder: The job's folder.
        driver: The one that asks: itself.
    """
    try:
        wish = json.loads((folder / CANCEL_NAME).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(wish, dict) and wish.get("token") == driver.token
