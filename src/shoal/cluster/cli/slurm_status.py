"""What Slurm has to do with a stored job: for ``shoal status`` and ``shoal cancel``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..slurm.commands import cancel_slurm_job
from ..slurm.slurm_note import noted_record, read_note


def slurm_lines(folder: Path) -> Iterator[str]:
    """Say which Slurm job runs a stored job, and how that is.

    Args:
        folder: The stored job's folder.

    Yields:
        A line, where a Slurm job was noted.
    """
    note = read_note(folder)
    if note is None:
        return
    record = noted_record(note)
    if record is None:
        yield f"slurm    job {note.job}, which Slurm knows no longer, or not here"
        return
    reason = f" ({record.reason})" if record.reason != "None" else ""
    yield f"slurm    job {note.job}: {record.state}{reason}, {record.restarts} restarts"
    if note.is_for_this_alone and not record.is_over:
        yield "         it goes on with this job until that is complete; to end it: shoal cancel"


def end_slurm_job(folder: Path) -> str | None:
    """End the Slurm job that runs a stored job, or was to, and nothing else.

    Args:
        folder: The stored job's folder.

    Returns:
        Its number; ``None``: there is none any more.

    Raises:
        SlurmError: Slurm refuses.
    """
    note = read_note(folder)
    record = noted_record(note)
    if note is None or not note.is_for_this_alone or record is None or record.is_over:
        return None
    cancel_slurm_job(record.job)
    return record.job
