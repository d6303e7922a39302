"""What a segment says about itself: a JSON document in its Parquet footer, under ``shoal``."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from platform import python_version
from typing import Any

from ..primitives.outcomes import EngineRecord
from ..primitives.shots import SHOT_SCHEMA
from .tables import Part

FOOTER_KEY = b"shoal"

RECORDED_PACKAGES = ("shoal", "qiskit", "qiskit-aer", "qiskit-aer-gpu", "numpy", "pyarrow", "numba")
"""Those that a result may depend on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a segment comes from."""

    fingerprint: str
    """Of the job's request."""
    worker: str
    node: str
    written: str
    """UTC, ISO 8601."""
    versions: Mapping[str, str]
    """Of the packages on the worker's node."""


_ORIGIN_NAMES = tuple(field.name for field in fields(Origin))


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """One block's place in a segment, and what ran it."""

    block: int
    offset: int
    """Its first row in the file ..."""
    length: int
    """... and how many rows it has."""
    record: EngineRecord
    digest: str
    """Of the content of its rows: two runs of a block have the same one."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Footer:
    """A segment's account of itself."""

    origin: Origin
    entries: tuple[BlockEntry, ...]

    def to_json(self, content_sha256: str) -> str:
        """Write the footer, numbers column by column, as tools read them best."""
        records = list(dict.fromkeys(entry.record for entry in self.entries))
        parts = [part for entry in self.entries for part in entry.parts]
        document = {
            "schema": SHOT_SCHEMA,
            **{name: getattr(self.origin, name) for name in _ORIGIN_NAMES},
            "content_sha256": content_sha256,
            "engines": [_written(record) for record in records],
            "blocks": {
                "block": [entry.block for entry in self.entries],
                "offset": [entry.offset for entry in self.entries],
                "length": [entry.length for entry in self.entries],
                "engine": [records.index(entry.record) for entry in self.entries],
                "digest": [entry.digest for entry in self.entries],
                "parts": [len(entry.parts) for entry in self.entries],
            },
            "parts": {
                "variant_id": [part.variant for part in parts],
                "kind": [part.kind for part in parts],
                "length": [part.length for part in parts],
            },
        }
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Footer:
        """Read what `to_json` wrote, once parsed."""
        engines = [EngineRecord(**record) for record in document["engines"]]
        parts = map(Part, *(document["parts"][key] for key in ("variant_id", "kind", "length")))
        keys = ("block", "offset", "length", "engine", "digest", "parts")
        entries = tuple(
            BlockEntry(block, offset, length, engines[engine], digest, tuple(islice(parts, count)))
            for block, offset, length, engine, digest, count in zip(
                *(document["blocks"][key] for key in keys), strict=True
            )
        )
        return cls(Origin(*(document[name] for name in _ORIGIN_NAMES)), entries)


def _written(record: EngineRecord) -> Mapping[str, str]:
    """Leave out what a record does not say, as it was before there was such a thing to say."""
    found: dict[str, str] = asdict(record)
    return found if record.taken else {name: found[name] for name in found if name != "taken"}


@cache
def package_versions() -> Mapping[str, str]:
    """Return the versions of Python and of the installed packages that results may depend on."""
    found = {"python": python_version()}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def differing_blocks(one: Footer, other: Footer) -> Sequence[int]:
    """Return the blocks that two segments both hold, with different content."""
    digests: dict[int, set[str]] = defaultdict(set)
    for entry in (*one.entries, *other.entries):
        digests[entry.block].add(entry.digest)
    return sorted(block for block, found in digests.items() if len(found) > 1)
