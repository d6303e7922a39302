"""Named results of a job: a Parquet table of numbers, and JSON that says where they come from."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from qiskit.primitives import PrimitiveResult, PubResult

from ..primitives.errors import StoreError
from ..primitives.expansion import expand
from ..primitives.options import SamplerOptions
from ..primitives.request import Request
from .commitments import Commitment
from .durable import explained, make_folder, remove_leftovers, write_whole
from .footers import package_versions
from .ledger_file import ranges_of
from .readable_json import readable
from .reduce import reduce_blocks
from .request_files import load_request
from .result_tables import estimates_of, field_shapes, result_table
from .stored_segments import StoredSegments

RESULTS_NAME = "results"

DEFAULT_RESULT = "result"
"""The name of the result that the job's own options lead to."""

RESULT_SCHEMA = 1

LABELLED_NAME = "labelled.parquet"
"""Beside the results: the table of the one that was shown last, with people's names for its lines.
"""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def save_result(
    folder: Path,
    name: str,
    request: Request,
    result: PrimitiveResult,
    segments: Iterable[Commitment],
    options: Mapping[str, Any] | None = None,
) -> Path:
    """Write a result beside the shots that it comes from.

    The same request gives the same Parquet bytes, whatever happened on the way.

    Args:
        folder: The job's folder.
        name: The result's name; one that is there already is replaced.
        request: What was asked.
        result: The result.
        segments: Those that it was reduced from.
        options: The options of the reduce; ``None``: the request's.

    Returns:
        The Parquet file.

    Raises:
        ValueError: The name cannot be a file's, or is another file's.
        StoreError: The folder cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"result name {name!r} cannot be a file's name: take at most 64 letters, digits, '.', "
            "'_' and '-', a letter or digit first"
        )
    if f"{name}.parquet" == LABELLED_NAME:
        raise ValueError(f"{LABELLED_NAME} is the table that `shoal run` writes: give another name")
    sink = pa.BufferOutputStream()
    pq.write_table(result_table(request, result), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    document = {
        "result_schema": RESULT_SCHEMA,
        "name": name,
        "job": folder.name,
        "fingerprint": request.fingerprint,
        "primitive": request.primitive,
        "reduced": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "versions": dict(package_versions()),
        "options": dict(request.options.to_mapping() if options is None else options),
        "metadata": result.metadata,
        "pubs": _pubs(request, result),
        "segments": [
            {"name": one.name, "sha256": one.sha256, "blocks": ranges_of(one.blocks)}
            for one in segments
        ],
    }
    make_folder(folder / RESULTS_NAME)
    remove_leftovers(folder / RESULTS_NAME)
    path = folder / RESULTS_NAME / f"{name}.parquet"
    write_whole(path, content)
    # Last, since it vouches for the table. A number that is none shall not cost a job its result.
    write_whole(path.with_suffix(".json"), readable(document, allow_nan=True).encode())
    return path


def load_result(
    folder: Path, name: str = DEFAULT_RESULT, request: Request | None = None
) -> PrimitiveResult:
    """Read a result back, bit for bit.

    A sampler's table has counts, which know no order of shots: its bit arrays are read from the
    segments again.

    Args:
        folder: The job's folder.
        name: The result's name.
        request: What was asked, if at hand.

    Raises:
        StoreError: There is no such result, or its files do not belong together.
    """
    document = read_result_document(folder, name)
    if document["primitive"] == "sampler":
        request = load_request(folder) if request is None else request
        segments = StoredSegments.read(folder, request.fingerprint)
        options = (
            None if name == DEFAULT_RESULT else SamplerOptions.from_mapping(document["options"])
        )
        return reduce_blocks(request, expand(request), segments, options=options)
    path = folder / RESULTS_NAME / f"{name}.parquet"
    with explained(path):
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != document["sha256"]:
        raise StoreError(
            f"{path} is not the table that {name}.json describes: reduce the job again"
        )
    shapes = [tuple(pub["shape"]) for pub in document["pubs"]]
    fields = [{k: tuple(v) for k, v in pub["fields"].items()} for pub in document["pubs"]]
    data = estimates_of(pq.read_table(io.BytesIO(content)), shapes, fields)
    pubs = [
        PubResult(bin_, pub["metadata"]) for bin_, pub in zip(data, document["pubs"], strict=True)
    ]
    return PrimitiveResult(pubs, metadata=document["metadata"])


def result_names(folder: Path) -> tuple[str, ...]:
    """Return the names of a job's results, sorted.

    Args:
        folder: The job's folder.
    """
    results = folder / RESULTS_NAME
    with explained(results):
        found = results.glob("*.json") if results.is_dir() else ()
        return tuple(
            sorted(
                path.stem
                for path in found
                if not path.name.startswith(".") and path.with_suffix(".parquet").exists()
            )
        )


def read_result_document(folder: Path, name: str) -> dict[str, Any]:
    """Read where a result comes from: the options it was reduced with, versions, segments.

    Args:
        folder: The job's folder.
        name: The result's name.

    Raises:
        StoreError: There is no such result, or it cannot be read.
    """
    path = folder / RESULTS_NAME / f"{name}.json"
    if not path.exists():
        known = ", ".join(result_names(folder)) or "none yet"
        raise StoreError(f"{folder.name} has no result {name!r}; it has: {known}")
    with explained(path):
        text = path.read_bytes()
    try:
        document: dict[str, Any] = json.loads(text)
        found = document["result_schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no result of Shoal: {error}") from error
    if found != RESULT_SCHEMA:
        raise StoreError(
            f"{path} has version {found} of the format; this Shoal reads {RESULT_SCHEMA}. Reduce "
            "the job again"
        )
    return document


def _pubs(request: Request, result: PrimitiveResult) -> list[dict[str, Any]]:
    has_fields = request.primitive == "estimator"
    return [
        {
            "shape": list(pub.shape),
            "fields": field_shapes(pub, one) if has_fields else {},
            "metadata": one.metadata,
        }
        for pub, one in zip(request.pubs, result, strict=True)
    ]
