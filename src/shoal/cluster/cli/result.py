"""``shoal result``: a stored result, for people or for programs; and the end of ``shoal run``."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from qiskit.primitives import PrimitiveResult

from ...orchestrator.durable import write_whole
from ...orchestrator.job_folders import FINGERPRINT_DIGITS, find_job, stored_job
from ...orchestrator.request_files import load_request
from ...orchestrator.result_files import (
    DEFAULT_RESULT,
    LABELLED_NAME,
    RESULTS_NAME,
    load_result,
    result_names,
)
from ...orchestrator.staged_results import is_pilot, shown_result
from ...primitives.request import Request
from ..reports.labelled_table import labelled_table
from ..reports.report import make_report
from ..sweeps.keepsake import Keepsake, load_keepsake
from .exits import RUN_FAILED, CommandFailed, wrong_input
from .terminal import print_lines, print_report

ResultFormat = Literal["table", "csv", "json", "parquet"]

JSON_LINES = 4096
"""Lines of a table that are turned into JSON at once."""


@dataclass(frozen=True, slots=True, eq=False)
class CompleteResult:
    """A stored result and how to show it."""

    folder: Path
    request: Request
    keepsake: Keepsake
    result: PrimitiveResult


def print_result(
    store: Path, job: str, result_format: ResultFormat, name: str = DEFAULT_RESULT
) -> None:
    """Print a job's result on standard output.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.
        result_format: As a table for people, or every line for a program.
        name: Which of the job's results.

    Raises:
        CommandFailed: There is no such job or result, or it is not complete.
    """
    found = complete_result(store, job, name)
    labels = found.keepsake.labels
    if result_format == "table":
        print_report(make_report(found.request, labels, found.result, found.keepsake.report))
        if others := other_results(found.folder, name):
            print_lines(["", f"Other results (--name): {', '.join(others)}"])
    else:
        _write(labelled_table(found.request, labels, found.result), result_format)


def complete_result(store: Path, job: str, name: str = DEFAULT_RESULT) -> CompleteResult:
    """Read a job's result with all that it takes to show it.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.
        name: Which of the job's results.

    Raises:
        CommandFailed: There is no such job, or it is not complete.
    """
    with wrong_input():
        folder = find_job(store, job)
        found = stored_job(folder)
        request = load_request(folder)
        keepsake = load_keepsake(folder, request)
    if DEFAULT_RESULT not in found.results:
        raise CommandFailed(
            f"{folder.name} has no result yet: {found.blocks_done} of {found.blocks} blocks are "
            f"done. shoal resume {folder.name} --store {store}",
            RUN_FAILED,
        )
    with wrong_input():
        result = load_result(folder, shown_result(folder, name), request)
    return CompleteResult(folder, request, keepsake, result)


def other_results(folder: Path, name: str = DEFAULT_RESULT) -> tuple[str, ...]:
    """Return the names of a job's results but one; a pilot's own is never shown by itself.

    Args:
        folder: The job's folder.
        name: The one.
    """
    hidden = {name, shown_result(folder, name)}
    if is_pilot(folder):
        hidden.add(DEFAULT_RESULT)
    return tuple(one for one in result_names(folder) if one not in hidden)


def show_result(
    folder: Path, request: Request, keepsake: Keepsake, result: PrimitiveResult
) -> None:
    """Show a result that is complete, and say where it rests.

    Args:
        folder: The job's folder.
        request: What was asked.
        keepsake: How the sweep wants to see it.
        result: The result.
    """
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(labelled_table(request, keepsake.labels, result), sink)
    path = folder / RESULTS_NAME / LABELLED_NAME
    write_whole(path, sink.getvalue().to_pybytes())
    print_report(make_report(request, keepsake.labels, result, keepsake.report))
    print_lines(["", f"Every line: {path}", f"Raw shots:  {folder / 'segments'}"])


def find_complete(store: Path, request: Request) -> Path | None:
    """Find the folder of a request whose result is there already.

    Args:
        store: The store's folder.
        request: What is asked.

    Returns:
        The folder; ``None`` where something is still to be done.
    """
    digits = request.fingerprint[:FINGERPRINT_DIGITS]
    for folder in sorted(store.glob(f"*-{digits}")) if store.is_dir() else ():
        found = stored_job(folder)
        is_same = found.fingerprint == request.fingerprint
        if is_same and found.state == "complete" and DEFAULT_RESULT in found.results:
            return folder
    return None


def _write(table: pa.Table, result_format: ResultFormat) -> None:
    out = sys.stdout.buffer
    match result_format:
        case "csv":
            pyarrow.csv.write_csv(table, out)
        case "parquet":
            pyarrow.parquet.write_table(table, out)
        case _:
            # A line an object, written as it goes: never all of it in memory.
            before = b"[\n"
            for batch in table.to_batches(max_chunksize=JSON_LINES):
                for line in batch.to_pylist():
                    out.write(before + json.dumps(line).encode())
                    before = b",\n"
            out.write(b"\n]\n")
    out.flush()
