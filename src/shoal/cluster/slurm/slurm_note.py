"""Which Slurm job runs, or will run, a stored job: a note in the job's folder."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ...orchestrator.durable import write_whole
from .commands import SlurmError, job_record
from .job_record import JobRecord

NOTE_NAME = "slurm.json"


@dataclass(frozen=True, slots=True)
class SlurmNote:
    """Which Slurm job it is."""

    job: str
    is_for_this_alone: bool
    """Whether nothing else runs in it, so that it may be ended with the stored job."""


def leave_note(folder: Path, note: SlurmNote) -> None:
    """Leave a note in place of an earlier one.

    Args:
        folder: The stored job's folder.
        note: The note.

    Raises:
        StoreError: The folder cannot be written.
    """
    write_whole(folder / NOTE_NAME, json.dumps(asdict(note)).encode() + b"\n")


def read_note(folder: Path) -> SlurmNote | None:
    """Return the note, if there is one.

    Args:
        folder: The stored job's folder.
    """
    with suppress(OSError, ValueError, TypeError):
        return SlurmNote(**json.loads((folder / NOTE_NAME).read_bytes()))
    return None


def noted_record(note: SlurmNote | None) -> JobRecord | None:
    """Ask Slurm for a noted job.

    Args:
        note: The note, if there is one.

    Returns:
        What Slurm knows; ``None``: there is no note, or Slurm does not know, or is not there.
    """
    with suppress(SlurmError):
        return None if note is None else job_record(note.job)
    return None
