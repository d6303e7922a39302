"""How fast a machine is at each kind of work: measured seconds for each nominal one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, isfinite, log

from ..primitives.workload import Workload
from .costs import Pace

PACES_SCHEMA = 2

_GUESS_SECONDS = 1e-3
"""What a guess weighs against shards that were measured: next to nothing."""

Kind = str
"""An engine and a method: "batched, statevector"."""


@dataclass(frozen=True, slots=True)
class Paces:
    """What a short measurement found on one machine."""

    machine: str
    """What it depends on: the processor, its cores, and the versions of what computes."""
    measured_at: str
    """The time, in ISO 8601."""
    seconds: Mapping[Kind, float]
    """Measured seconds for each nominal second."""

    def of(self, kind: Kind) -> float:
        """Return the pace of a kind; of one that was not measured, the middle of the others."""
        if kind in self.seconds:
            return self.seconds[kind]
        known = [log(pace) for pace in self.seconds.values()]
        return exp(sum(known) / len(known)) if known else 1.0

    def seconds_of(self, workload: Workload, kinds: Iterable[Kind]) -> float:
        """Predict what a workload takes on one core.

        Args:
            workload: The workload.
            kinds: What runs each of its programs.
        """
        return sum(
            program.num_rows * cost.row_seconds() * self.of(kind)
            for program, cost, kind in zip(workload.programs, workload.costs, kinds, strict=True)
        )

    def guess(self, workload: Workload, kinds: Iterable[Kind]) -> Pace:
        """Return the pace that a workload is expected to have, to be corrected by its shards."""
        nominal = sum(
            program.num_rows * cost.row_seconds()
            for program, cost in zip(workload.programs, workload.costs, strict=True)
        )
        if nominal <= 0.0:
            return Pace()
        ratio = self.seconds_of(workload, kinds) / nominal
        return Pace(_GUESS_SECONDS, _GUESS_SECONDS * ratio)

    def to_json(self) -> str:
        """Write it down."""
        document = {
            "schema": PACES_SCHEMA,
            "machine": self.machine,
            "measured_at": self.measured_at,
            "seconds": dict(self.seconds),
        }
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Paces | None:
        """Read what was written down; ``None`` where that is anything else."""
        try:
            document = json.loads(text)
            if document["schema"] != PACES_SCHEMA:
                return None
            seconds = {str(kind): float(pace) for kind, pace in document["seconds"].items()}
            found = cls(str(document["machine"]), str(document["measured_at"]), seconds)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        are_paces = all(isfinite(pace) and pace > 0.0 for pace in seconds.values())
        return found if are_paces and seconds else None
