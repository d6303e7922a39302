"""Reducing again: other options over the shots that are there, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qiskit.primitives import PrimitiveResult

from ..primitives.errors import StoreError
from ..primitives.expansion import expand
from ..primitives.options import EstimatorOptions, SamplerOptions
from ..primitives.request import Request
from .job_folders import read_segments
from .reduce import reduce_blocks
from .request_files import load_request
from .result_files import DEFAULT_RESULT, result_names, save_result

RESULT_PREFIX = "reduce-"
"""Begins the names of results that were not given one."""


def reduce_again(
    folder: Path, changes: Mapping[str, Any], name: str | None = None
) -> tuple[str, PrimitiveResult]:
    """Reduce a stored job with other options, and keep the result beside the others.

    Args:
        folder: The job's folder; all of its blocks are committed.
        changes: Options that differ from the job's, as nested mappings.
        name: Of the result; ``None``: the next free number.

    Returns:
        The name and the result.

    Raises:
        RequestError: The stored shots cannot serve these options; the message names what is
            missing.
        StoreError: The job is not complete, or its folder cannot be read or written.
        ValueError: The name is the first result's own, or cannot be a file's.
    """
    if name == DEFAULT_RESULT:
        raise ValueError(
            f"the result {DEFAULT_RESULT!r} is the one of the job's own options: give another name"
        )
    request, options, result = reduced(folder, changes)
    chosen = name or free_name(folder)
    segments = read_segments(folder).commitments()
    save_result(folder, chosen, request, result, segments, options=options.to_mapping())
    return chosen, result


def reduced(
    folder: Path, changes: Mapping[str, Any]
) -> tuple[Request, EstimatorOptions | SamplerOptions, PrimitiveResult]:
    """Reduce a stored job with other options, and write nothing.

    Args:
        folder: The job's folder; all of its blocks are committed.
        changes: Options that differ from the job's, as nested mappings.

    Returns:
        The job's request, all options of the reduce, and the result.

    Raises:
        RequestError: The stored shots cannot serve these options.
        StoreError: The job is not complete, or its folder cannot be read.
    """
    request = load_request(folder)
    options = request.options.updated(changes)
    workload = expand(request)
    segments = read_segments(folder)
    done = len(segments.committed())
    if done < len(workload.blocks):
        raise StoreError(
            f"{folder.name} has {done} of {len(workload.blocks)} blocks; run the job to its end "
            "before it is reduced again"
        )
    return request, options, reduce_blocks(request, workload, segments, options=options)


def free_name(folder: Path) -> str:
    """Return the next number for a result of a job that was given no name.

    Args:
        folder: The job's.
    """
    taken = set(result_names(folder))
    number = 1
    while f"{RESULT_PREFIX}{number}" in taken:
        number += 1
    return f"{RESULT_PREFIX}{number}"
