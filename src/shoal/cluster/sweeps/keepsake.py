"""What a sweep file said that the request does not hold, kept in the job's folder.

With it a result can be shown as the file wants it, years later and without the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...orchestrator.durable import explained, write_whole
from ...primitives.errors import StoreError
from ...primitives.request import Request
from .labels import PubLabels, default_labels
from .model import ReportTable
from .sweep import Sweep

KEEPSAKE_NAME = "sweep.json"


@dataclass(frozen=True, slots=True)
class Keepsake:
    """Names and wishes of a sweep."""

    labels: tuple[PubLabels, ...]
    report: ReportTable
    file: str = ""
    """Where the sweep file was."""
    text: str = ""
    """The sweep file itself."""

    @classmethod
    def of(cls, sweep: Sweep) -> Keepsake:
        """Take from a sweep what is worth keeping."""
        return cls(sweep.labels, sweep.report, str(sweep.source.path), sweep.source.text)

    def save(self, folder: Path) -> None:
        """Write it into a job's folder, over an earlier one.

        Args:
            folder: The job's folder.

        Raises:
            StoreError: The folder cannot be written.
        """
        document: dict[str, Any] = {
            "file": self.file,
            "report": self.report.model_dump(mode="json"),
            "labels": [labels.to_mapping() for labels in self.labels],
            "text": self.text,
        }
        write_whole(folder / KEEPSAKE_NAME, json.dumps(document, indent=1).encode() + b"\n")


def load_keepsake(folder: Path, request: Request) -> Keepsake:
    """Read it back.

    Args:
        folder: The job's folder.
        request: The job's request.

    Returns:
        What was kept; plain names and a plain table for a job that no sweep file started.

    Raises:
        StoreError: The file was changed, or belongs to another request.
    """
    path = folder / KEEPSAKE_NAME
    if not path.exists():
        return Keepsake(default_labels(request), ReportTable())
    try:
        with explained(path):
            document = json.loads(path.read_bytes())
        labels = tuple(PubLabels.from_mapping(one) for one in document["labels"])
        report = ReportTable.model_validate_json(json.dumps(document["report"]))
        found = Keepsake(labels, report, document["file"], document["text"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise StoreError(f"{path} was changed and cannot be read: {error}; remove it") from error
    sizes = [len(pub.observables) for pub in request.pubs]
    if [len(one.observables) for one in labels] != sizes:
        raise StoreError(f"{path} names other pubs than the request has; remove it")
    return found
