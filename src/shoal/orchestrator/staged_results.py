"""Jobs that ran in stages: what belongs together, and the result of the whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from qiskit.primitives import PrimitiveResult

from ..primitives.adaptive import Part, combined_stages
from ..primitives.errors import StoreError
from ..primitives.request import Request
from .durable import explained, write_whole
from .job_folders import read_segments
from .rereduce import free_name, reduce_again, reduced
from .result_files import DEFAULT_RESULT, save_result

STAGES_NAME = "stages.json"

WHOLE_RESULT = "whole"
"""The name, in the pilot's folder, of the result of all stages."""


def save_stages(
    request: Request,
    pilot: Request,
    folders: Sequence[Path],
    parts: Sequence[Sequence[Part]],
    whole: PrimitiveResult,
) -> None:
    """Write down which jobs are stages of one, and what they say together.

    Args:
        request: What was asked.
        pilot: The request of the first stage.
        folders: Of all stages, the pilot first.
        parts: What each stage ran of which pub.
        whole: The result of them all.

    Raises:
        StoreError: The pilot's folder cannot be written.
    """
    document = {
        "precision": [pub.precision for pub in request.pubs],
        "options": request.options.to_mapping(),
        "stages": [
            {
                "job": folder.name,
                "parts": [[pub, elements.tolist(), shots] for pub, elements, shots in stage],
            }
            for folder, stage in zip(folders, parts, strict=True)
        ],
    }
    write_whole(folders[0] / STAGES_NAME, json.dumps(document).encode() + b"\n")
    _save(folders[0], WHOLE_RESULT, pilot, whole, folders, request.options.to_mapping())


def is_pilot(folder: Path) -> bool:
    """Return whether a job is the first of several stages that have all run."""
    return (folder / STAGES_NAME).exists()


def shown_result(folder: Path, name: str) -> str:
    """Return which result is meant: of a pilot by default the one of the whole.

    Args:
        folder: A job's.
        name: As it was asked for.
    """
    return WHOLE_RESULT if name == DEFAULT_RESULT and is_pilot(folder) else name


def reduce_whole(
    folder: Path, changes: Mapping[str, Any], name: str | None = None
) -> tuple[str, PrimitiveResult]:
    """Reduce a job with other options, with all of its stages where it has any.

    Args:
        folder: The job's, or the pilot's.
        changes: Options that differ, as nested mappings.
        name: Of the result, in each stage's folder, last in the pilot's; ``None``: the next free
            number.

    Returns:
        The name and the result.

    Raises:
        RequestError: The stored shots cannot serve these options.
        StoreError: A stage is missing, or not complete.
        ValueError: The name is taken by a job's own result, or cannot be a file's.
    """
    if not is_pilot(folder):
        return reduce_again(folder, changes, name)
    if name == WHOLE_RESULT:
        raise ValueError(f"the result {WHOLE_RESULT!r} is the one of the job's own options")
    document = _read(folder)
    chosen = name or free_name(folder)
    folders = [folder.parent / stage["job"] for stage in document["stages"]]
    # Of the pilot nothing is written: a result of that name in its folder is the one of the whole.
    pilot, _, first = reduced(folder, changes)
    results = [first, *(reduce_again(one, changes, chosen)[1] for one in folders[1:])]
    pubs = tuple(
        replace(pub, precision=precision)
        for pub, precision in zip(pilot.pubs, document["precision"], strict=True)
    )
    parts: list[list[Part]] = [
        [
            (pub, np.array(elements, dtype=np.int64), tuple(map(tuple, shots)))
            for pub, elements, shots in stage["parts"]
        ]
        for stage in document["stages"]
    ]
    whole = combined_stages(replace(pilot, pubs=pubs), parts, results)
    options = pilot.options.updated(changes).to_mapping()
    _save(folder, chosen, pilot, whole, folders, options)
    return chosen, whole


def _save(
    folder: Path,
    name: str,
    pilot: Request,
    whole: PrimitiveResult,
    folders: Sequence[Path],
    options: Mapping[str, Any],
) -> None:
    """Save the result of a whole, with the segments of all stages."""
    stages = {"stages": [one.name for one in folders]}
    segments = [one for stage in folders for one in read_segments(stage).commitments()]
    result = PrimitiveResult(list(whole), {**whole.metadata, **stages})
    save_result(folder, name, pilot, result, segments, options=options)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / STAGES_NAME
    with explained(path):
        text = path.read_bytes()
    try:
        document: dict[str, Any] = json.loads(text)
        missing = [s["job"] for s in document["stages"] if not (folder.parent / s["job"]).is_dir()]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} was changed and cannot be read: {error}") from error
    if missing:
        raise StoreError(f"{path}: the stages {', '.join(missing)} are not in the store any more")
    return document
