"""What a sweep file calls the elements of its pubs: kept beside the job, for reading results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...primitives.request import Request

Label = str | float


@dataclass(frozen=True, slots=True)
class PubLabels:
    """Names for one pub."""

    circuit: str
    """The circuit's name in the file."""
    observables: tuple[Mapping[str, Label], ...]
    """Column to value for each observable, flattened in C order; empty for a sampler."""
    dimensions: tuple[str, ...]
    """The parameter that varies along each of the last axes of the pub, where each has one."""

    def to_mapping(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "circuit": self.circuit,
            "observables": [dict(labels) for labels in self.observables],
            "dimensions": list(self.dimensions),
        }

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> PubLabels:
        """Read back what :meth:`to_mapping` returned."""
        return cls(
            str(mapping["circuit"]),
            tuple(dict(labels) for labels in mapping["observables"]),
            tuple(mapping["dimensions"]),
        )


def default_labels(request: Request) -> tuple[PubLabels, ...]:
    """Name what no sweep file has named: the pubs of a job that was started from Python.

    Args:
        request: The job's request.

    Returns:
        One a pub: the circuit's own name, observables by number.
    """
    return tuple(
        PubLabels(
            request.circuits[pub.circuit].name,
            tuple({"observable": float(number)} for number in range(len(pub.observables))),
            (),
        )
        for pub in request.pubs
    )
