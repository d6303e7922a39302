"""Circuits as they were when they were asked for, with their digests, remembered between calls.

A circuit may be changed by its owner after `run` has returned, so a request holds a copy. An
optimiser asks for one circuit a thousand times: comparing it with the copy of the last time costs a
quarter of copying it and taking its digest again.
"""

from __future__ import annotations

import weakref
from typing import NamedTuple

from qiskit import QuantumCircuit

from .canonical_circuits import canonical
from .circuits import CircuitDigest, circuit_digest

MAX_SNAPSHOTS = 128
"""How many circuits are remembered; the oldest goes first."""


class Snapshot(NamedTuple):
    """A circuit that nobody else can change, and its digest."""

    circuit: QuantumCircuit
    """In its canonical form."""
    digest: CircuitDigest
    copied: QuantumCircuit
    """As its owner had it; the same object where that is canonical."""
    labels: list[str | None]
    """Of its instructions."""


class SnapshotBook:
    """Remembers the latest snapshots; safe to use from several threads."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[QuantumCircuit], Snapshot]] = {}

    def take(self, circuit: QuantumCircuit) -> Snapshot:
        """Return a snapshot of a circuit as it is now."""
        entry = self._entries.get(id(circuit))
        if entry is not None and entry[0]() is circuit and _is_unchanged(circuit, entry[1]):
            return entry[1]
        copied = circuit.copy()
        asked = canonical(copied)
        snapshot = Snapshot(asked, circuit_digest(asked), copied, _labels(copied))
        self._entries[id(circuit)] = weakref.ref(circuit), snapshot
        while len(self._entries) > MAX_SNAPSHOTS:
            self._entries.pop(next(iter(self._entries)), None)
        return snapshot


def _is_unchanged(circuit: QuantumCircuit, snapshot: Snapshot) -> bool:
    """Compare what a digest is made of; Qiskit's own ``==`` looks at no label and no register."""
    copied = snapshot.copied
    return bool(
        circuit.global_phase == copied.global_phase
        and circuit.cregs == copied.cregs
        and circuit.metadata == copied.metadata
        and circuit.data == copied.data
        and _labels(circuit) == snapshot.labels
    )


def _labels(circuit: QuantumCircuit) -> list[str | None]:
    return [one.label for one in circuit.data]
