"""Pubs on queues, written for the devices behind them before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qiskit import QuantumCircuit

from ...primitives.circuits import CircuitDigest
from ...primitives.request import Request
from ..engines.backend_placement import Placements

Circuit = tuple[QuantumCircuit, CircuitDigest]


def pubs_by_queue(request: Request, names: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """Return which pubs go to which queue.

    Args:
        request: What is asked.
        names: Of the queues that there are.
    """
    engines = [request.engine_of(number) for number in range(len(request.pubs))]
    found = {name: [at for at, one in enumerate(engines) if one == name] for name in names}
    return {name: numbers for name, numbers in found.items() if numbers}


def placed(request: Request, placements: Mapping[str, Placements]) -> Request:
    """Return a request with each queue's circuits as its device runs them.

    Args:
        request: What is asked.
        placements: Of every queue, by its name.

    Returns:
        The request; it knows what was asked. The same one where no pub goes to a queue.

    Raises:
        UnsupportedError: A circuit cannot be translated; in the transpiler's own words.
    """
    if not pubs_by_queue(request, list(placements)):
        return request
    places: dict[tuple[str, int], int] = {}
    circuits: list[Circuit] = []
    pubs = []
    for number, pub in enumerate(request.pubs):
        engine = request.engine_of(number)
        name = engine if engine in placements else ""
        circuit, digest = request.circuits[pub.circuit], request.digests[pub.circuit]
        if name:
            found = placements[name].placement(pub.circuit, circuit, digest, request)
            circuit, digest, pub = found.circuit, found.digest, found.pub(pub)
        place = places.setdefault((name, request.pubs[number].circuit), len(circuits))
        if place == len(circuits):
            circuits.append((circuit, digest))
        pubs.append(replace(pub, circuit=place))
    return replace(
        request,
        circuits=tuple(circuit for circuit, _ in circuits),
        digests=tuple(digest for _, digest in circuits),
        pubs=tuple(pubs),
        asked=request.fingerprint,
    )
