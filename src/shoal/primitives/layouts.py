"""Workloads as they were laid out for earlier requests that differ in nothing but parameters.

An optimiser asks the same of a circuit a thousand times. What is laid out depends on the shapes of
the parameters and never on their values, as long as nothing random is mixed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import prod
from operator import attrgetter

import numpy as np

from .observables import FloatArray
from .recent import Recent
from .request import PubRequest, Request
from .workload import Program, Workload

MAX_ELEMENTS, MAX_NUMBERS = 1 << 14, 1 << 17
"""Of all pubs and of their parameters: what is larger takes its time, and would fill memory."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    options: object
    """Those of the request: they are known by their identity, which they keep as long as this."""
    workload: Workload


_said = attrgetter(
    *(one.name for one in fields(PubRequest) if one.name not in ("parameters", "circuit_metadata"))
)
"""Returns all that a pub says but the values of its parameters, whatever there will be of it."""

_KNOWN: Recent[_Layout] = Recent(32)


def laid_out(request: Request, lay_out: Callable[[Request], Workload]) -> Workload:
    """Lay a request out, or take the layout of an earlier one and put the parameters in.

    Args:
        request: A request in which nothing is mitigated.
        lay_out: Lays a request out afresh.
    """
    # Of a noise model nobody can tell whether it is still what it was.
    is_ideal = request.options.simulator.noise_model is None
    elements = sum(prod(pub.shape) for pub in request.pubs)
    numbers = sum(pub.parameters.size for pub in request.pubs)
    if not is_ideal or elements > MAX_ELEMENTS or numbers > MAX_NUMBERS:
        return lay_out(request)
    is_new = False

    def make() -> _Layout:
        nonlocal is_new
        is_new = True
        return _Layout(request.options, lay_out(request))

    known = _KNOWN.get(_key(request), make).workload
    return known if is_new else known.like(programs=_programs(request, known))


def _key(request: Request) -> tuple[object, ...]:
    pubs = tuple((pub.parameters.shape, _said(pub)) for pub in request.pubs)
    return request.primitive, id(request.options), request.digests, pubs


def _programs(request: Request, known: Workload) -> tuple[Program, ...]:
    """Return a layout's programs with a request's circuits and parameters."""
    rows: list[list[FloatArray]] = [[] for _ in known.programs]
    circuits = [0] * len(known.programs)
    for pub, index in zip(request.pubs, known.pubs, strict=True):
        circuits[index.program] = pub.circuit
        *shape, width = pub.parameters.shape
        rows[index.program].append(pub.parameters.reshape(prod(shape), width))
    return tuple(
        replace(
            program,
            circuit=request.circuits[circuit],
            parameters=parts[0] if len(parts) == 1 else np.concatenate(parts),
        )
        for program, circuit, parts in zip(known.programs, circuits, rows, strict=True)
    )
