"""``shoal report``: a job's results as one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.request_files import read_document
from ...orchestrator.result_files import load_result, read_result_document
from ..reports.page import OtherResult, page_of
from ..reports.report import make_report, pictures_of
from .exits import wrong_input
from .result import CompleteResult, complete_result, other_results
from .terminal import print_lines


def write_report(store: Path, job: str, output: Path | None, pictures: Path | None) -> None:
    """Write a job's page.

    Args:
        store: The store's folder.
        job: The job's id, or its beginning.
        output: The file; ``None``: named after the job, in the current folder.
        pictures: A folder for the plots as SVG files, too; ``None``: none.

    Raises:
        CommandFailed: There is no such job, it is not complete, or the file cannot be written.
    """
    found = complete_result(store, job)
    keepsake = found.keepsake
    report = make_report(found.request, keepsake.labels, found.result, keepsake.report)
    path = output or Path(f"{found.folder.name}.html")
    drawn = pictures_of(report)
    written = [path]
    with wrong_input():
        facts = _facts(found.folder, found.result)
        others = list(_others(found))
        page = page_of(found.folder.name, drawn, report.table, facts, keepsake.text, others)
        path.write_text(page, encoding="utf-8")
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            name = found.folder.name.rpartition("-")[0]
            for number, picture in enumerate(drawn, start=1):
                written.append(pictures / f"{name}-{number}.svg")
                written[-1].write_text(picture + "\n", encoding="utf-8")
    print_lines(map(str, written))


def _others(found: CompleteResult) -> Iterator[OtherResult]:
    """Reduces of the same shots, with the options that each of them changed."""
    asked = found.request.options.to_mapping()
    for name in other_results(found.folder):
        document = read_result_document(found.folder, name)
        result = load_result(found.folder, name, found.request)
        keepsake = found.keepsake
        report = make_report(found.request, keepsake.labels, result, keepsake.report)
        facts = {
            "reduced with": ", ".join(_changes(asked, document["options"])) or "the same options",
            "reduced": document["reduced"],
            "by": f"shoal {document['versions'].get('shoal')}",
            "SHA-256": document["sha256"],
        }
        yield OtherResult(name, report.table, facts)


def _changes(asked: object, options: object, path: str = "") -> Iterator[str]:
    if isinstance(asked, Mapping) and isinstance(options, Mapping):
        for name, value in options.items():
            yield from _changes(asked.get(name), value, f"{path}.{name}" if path else name)
    elif asked != options:
        yield f"{path} = {json.dumps(options)}"


def _facts(folder: Path, result: PrimitiveResult) -> Mapping[str, str]:
    document = read_document(folder)
    engines = dict.fromkeys(
        "{engine}, {method} on {device}: {reason}".format(**pub.metadata["shoal"])
        for pub in result
        if "shoal" in pub.metadata
    )
    return {
        "job": folder.name,
        "fingerprint": document["fingerprint"],
        "primitive": document["primitive"],
        "seed": str(document["seed"]),
        "created": document["created"],
        "circuits executed": f"{document['circuits_executed']:,}",
        "shots": f"{document['shots']:,}",
        "engine": "; ".join(engines),
        "versions": ", ".join(f"{name} {found}" for name, found in document["versions"].items()),
        "raw shots": str(folder / "segments"),
    }
