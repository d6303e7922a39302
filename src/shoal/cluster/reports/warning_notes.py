"""What a reader of a result's numbers must know, as its metadata has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qiskit.primitives import PrimitiveResult, PubResult

from ..sweeps.labels import PubLabels

WARNINGS = ("unbounded", "stale_calibration")
"""Of a pub's ``metadata["resilience"]``: sentences."""

NAMED = 3
"""Pubs that are named, where many have the same fault."""


def warning_notes(labels: Sequence[PubLabels], result: PrimitiveResult[PubResult]) -> Iterator[str]:
    """Write a sentence for each fault, with the pubs that have it.

    Args:
        labels: One a pub.
        result: The result.
    """
    found: dict[str, list[str]] = {}
    for label, pub in zip(labels, result, strict=True):
        said = pub.metadata.get("resilience", {})
        for warning in WARNINGS:
            if warning in said:
                found.setdefault(said[warning], []).append(label.circuit)
    for words, circuits in found.items():
        others = f" and {len(circuits) - NAMED} more" if len(circuits) > NAMED else ""
        yield f"Warning: {', '.join(circuits[:NAMED])}{others}: {words}."
