"""A request as files: JSON that people read, circuits in QPY, and Parquet for what is long."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from qiskit import QuantumCircuit, qpy

from ..primitives.errors import RequestError, StoreError, StoreVersionError
from ..primitives.observables import FloatArray, Observable
from ..primitives.options import EstimatorOptions, SamplerOptions
from ..primitives.request import REQUEST_SCHEMA, PubRequest, Request
from ..primitives.workload import Workload
from .durable import explained, write_whole
from .footers import package_versions
from .randomization_table import randomization_table
from .readable_json import Document, readable
from .request_tables import block_table, parameter_table, parameters_of, variant_table

STORE_SCHEMA = 1
"""Raised whenever a job's folder changes its files or their meaning."""

REQUEST_NAME, CIRCUITS_NAME, PARAMETERS_NAME = "request.json", "circuits.qpy", "parameters.parquet"
VARIANTS_NAME, BLOCKS_NAME = "variants.parquet", "blocks.parquet"
RANDOMIZATIONS_NAME = "randomizations.parquet"
"""Only of jobs that have any."""


def save_request(folder: Path, name: str, request: Request, workload: Workload) -> None:
    """Write what was asked; ``request.json`` comes last and makes the folder a job.

    Args:
        folder: The job's folder, made before.
        name: The job's name, without the fingerprint.
        request: What was asked.
        workload: Its expansion.

    Raises:
        RequestError: A circuit, or its metadata, cannot be written down.
        StoreError: The folder cannot be written.
    """
    contents = {
        CIRCUITS_NAME: _qpy_of(request.circuits),
        PARAMETERS_NAME: _parquet_of(parameter_table(request, workload)),
        VARIANTS_NAME: _parquet_of(variant_table(workload)),
        BLOCKS_NAME: _parquet_of(block_table(workload)),
    }
    if (randomizations := randomization_table(workload)) is not None:
        contents[RANDOMIZATIONS_NAME] = _parquet_of(randomizations)
    document = {
        **_head(folder, name, request, workload),
        "files": {file: hashlib.sha256(held).hexdigest() for file, held in contents.items()},
        **_body(request),
    }
    text = readable(document)
    copy = _request_of(json.loads(text), request.circuits, [p.parameters for p in request.pubs])
    if copy.content_fingerprint != request.content_fingerprint:
        raise StoreError(f"{folder.name}: the request does not survive being written as JSON")
    for file, held in contents.items():
        write_whole(folder / file, held)
    write_whole(folder / REQUEST_NAME, text.encode())


def load_request(folder: Path) -> Request:
    """Read what was asked.

    Args:
        folder: A job's folder.

    Raises:
        StoreVersionError: Another version of Shoal wrote it.
        StoreError: It is no job, or its files were changed.
    """
    document = read_document(folder)
    files = document["files"]
    table = pq.read_table(io.BytesIO(_checked(folder, PARAMETERS_NAME, files[PARAMETERS_NAME])))
    circuits = _circuits_of(folder, _checked(folder, CIRCUITS_NAME, files[CIRCUITS_NAME]))
    shapes = [tuple(pub["parameters_shape"]) for pub in document["pubs"]]
    widths = [len(document["circuits"][pub["circuit"]]["parameters"]) for pub in document["pubs"]]
    request = _request_of(document, circuits, parameters_of(table, shapes, widths))
    said = document.get("placed_fingerprint", document["fingerprint"])
    if request.content_fingerprint != said:
        raise StoreError(
            f"{folder / REQUEST_NAME} was changed: its content has the fingerprint "
            f"{request.content_fingerprint[:12]}, it says {said[:12]}. Put the "
            "file back as it was; a changed request is another job"
        )
    return request


def check_plan(folder: Path, document: Document, workload: Workload) -> None:
    """Make sure that this Shoal makes of a request the blocks and frames that its folder lists.

    Args:
        folder: The job's folder.
        document: Its ``request.json``.
        workload: What this Shoal makes of the request.

    Raises:
        StoreVersionError: It does not.
    """
    files = document["files"]
    planned = {BLOCKS_NAME: ("blocks", block_table(workload))}
    if RANDOMIZATIONS_NAME in files:
        planned[RANDOMIZATIONS_NAME] = ("random frames", randomization_table(workload))
    for name, (what, table) in planned.items():
        if pq.read_table(io.BytesIO(_checked(folder, name, files[name]))) != table:
            raise StoreVersionError(
                f"{folder / name} lists other {what} than this Shoal "
                f"({package_versions().get('shoal')}) makes of the request; "
                f"{document['versions'].get('shoal')} wrote it. Go on with that version (and its "
                "samplomatic, where gates are twirled), or run the request in another store"
            )


def read_document(folder: Path) -> dict[str, Any]:
    """Read ``request.json``, and make sure that this version of Shoal understands it.

    Raises:
        StoreVersionError: It does not.
        StoreError: There is none, or it cannot be read.
    """
    path = folder / REQUEST_NAME
    with explained(path):
        text = path.read_bytes()
    try:
        document: dict[str, Any] = json.loads(text)
        found = document["store_schema"], document["request_schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no request of Shoal: {error}") from error
    if found != (STORE_SCHEMA, REQUEST_SCHEMA):
        writer = document.get("versions", {}).get("shoal", "another version")
        raise StoreVersionError(
            f"{folder} has version {found[0]}.{found[1]} of the format, written by Shoal {writer}; "
            f"this is Shoal {package_versions().get('shoal')} for {STORE_SCHEMA}.{REQUEST_SCHEMA}. "
            "Use that version, or another store; any Parquet reader can read the segments"
        )
    return document


def _head(folder: Path, name: str, request: Request, workload: Workload) -> Document:
    return {
        "job": folder.name,
        "name": name,
        "fingerprint": request.fingerprint,
        **({"placed_fingerprint": request.content_fingerprint} if request.asked else {}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "store_schema": STORE_SCHEMA,
        "request_schema": REQUEST_SCHEMA,
        "versions": dict(package_versions()),
        "primitive": request.primitive,
        "seed": request.seed,
        "blocks": len(workload.blocks),
        "circuits_executed": workload.circuits_executed(),
        "shots": workload.shots_drawn(),
        "options": request.options.to_mapping(),
    }


def _body(request: Request) -> Document:
    numbers: dict[Observable, int] = {}
    pubs = []
    for position, pub in enumerate(request.pubs):
        pubs.append(
            {
                "circuit": pub.circuit,
                "parameters_shape": list(pub.parameters_shape),
                "observables_shape": list(pub.observables_shape),
                "observables": [numbers.setdefault(o, len(numbers)) for o in pub.observables],
                "precision": pub.precision,
                "shots": pub.shots,
                **({} if pub.basis_shots is None else {"basis_shots": pub.basis_shots}),
                "circuit_metadata": _checked_metadata(position, pub.circuit_metadata),
            }
        )
    return {
        "circuits": [
            {
                "digest": digest,
                "name": circuit.name,
                "qubits": circuit.num_qubits,
                "clbits": circuit.num_clbits,
                "parameters": [parameter.name for parameter in circuit.parameters],
            }
            for circuit, digest in zip(request.circuits, request.digests, strict=True)
        ],
        "observables": [observable.to_mapping() for observable in numbers],
        "pubs": pubs,
    }


def _request_of(
    document: Document, circuits: Sequence[QuantumCircuit], parameters: Iterable[FloatArray]
) -> Request:
    observables = [
        Observable(tuple(mapping), tuple(mapping.values())) for mapping in document["observables"]
    ]
    pubs = tuple(
        PubRequest(
            circuit=pub["circuit"],
            parameters=values,
            observables=tuple(observables[number] for number in pub["observables"]),
            observables_shape=tuple(pub["observables_shape"]),
            precision=pub["precision"],
            shots=pub["shots"],
            basis_shots=_basis_shots(pub.get("basis_shots")),
            circuit_metadata=pub["circuit_metadata"],
        )
        for pub, values in zip(document["pubs"], parameters, strict=True)
    )
    kind = EstimatorOptions if document["primitive"] == "estimator" else SamplerOptions
    return Request(
        primitive=document["primitive"],
        circuits=tuple(circuits),
        digests=tuple(circuit["digest"] for circuit in document["circuits"]),
        pubs=pubs,
        options=kind.from_mapping(document["options"]),
        seed=document["seed"],
        asked=document["fingerprint"] if "placed_fingerprint" in document else None,
    )


def _basis_shots(held: list[list[int]] | None) -> tuple[tuple[int, ...], ...] | None:
    return None if held is None else tuple(map(tuple, held))


def _checked_metadata(pub: int, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RequestError(
            f"pub {pub}: the metadata of its circuit cannot be stored as JSON ({error}). Keep "
            "strings, numbers, lists and mappings there, or run without a store"
        ) from error
    return metadata


def _qpy_of(circuits: Iterable[QuantumCircuit]) -> bytes:
    buffer = io.BytesIO()
    bare = []
    for circuit in circuits:
        # Metadata is kept with each pub: circuits that differ in nothing else are stored once.
        copy = circuit.copy()
        copy.metadata = {}
        bare.append(copy)
    try:
        qpy.dump(bare, buffer)
    except Exception as error:
        raise RequestError(
            f"a circuit cannot be stored: Qiskit cannot write it as QPY ({error}). Decompose the "
            "instruction, or run without a store"
        ) from error
    return buffer.getvalue()


def _circuits_of(folder: Path, content: bytes) -> list[QuantumCircuit]:
    try:
        return list(qpy.load(io.BytesIO(content)))
    except Exception as error:
        raise StoreError(
            f"{folder / CIRCUITS_NAME} cannot be read by this Qiskit "
            f"({package_versions().get('qiskit')}): {error}"
        ) from error


def _parquet_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _checked(folder: Path, name: str, sha256: str) -> bytes:
    path = folder / name
    with explained(path):
        content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise StoreError(
            f"{path} was changed: its SHA-256 is {found[:16]}, {REQUEST_NAME} says {sha256[:16]}. "
            "Put the file back, or run the same request in another store"
        )
    return content
