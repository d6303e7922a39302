"""The elements of a pub's result, flattened, with the names that people know them by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...primitives.request import PubRequest, Request
from ..sweeps.labels import PubLabels

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PubElements:
    """Which parameter set and which observable each of N elements has, in C order."""

    pub: int
    request: PubRequest
    labels: PubLabels
    names: tuple[str, ...]
    """The circuit's parameters, in its own order."""
    values: NDArray[np.float64]
    """Parameter sets [S, P]."""
    sets: IntArray
    """Number of the parameter set of each element [N]."""
    observables: IntArray
    """Number of the observable of each element [N]; empty for a sampler."""

    def point(self, element: int) -> dict[str, float]:
        """Return one element's parameters by name."""
        row = self.values[self.sets[element]]
        return dict(zip(self.names, row.tolist(), strict=True))


def elements_of(request: Request, labels: Sequence[PubLabels]) -> Iterator[PubElements]:
    """Name every element of every pub.

    Args:
        request: What was asked.
        labels: One a pub.

    Returns:
        One value a pub, in order.
    """
    for number, (pub, named) in enumerate(zip(request.pubs, labels, strict=True)):
        circuit = request.circuits[pub.circuit]
        size = int(np.prod(pub.parameters_shape, dtype=np.int64))
        sets = np.arange(size).reshape(pub.parameters_shape)
        observables = np.zeros(0, dtype=np.int64)
        if request.primitive == "estimator":
            numbers = np.arange(len(pub.observables)).reshape(pub.observables_shape)
            sets, observables = np.broadcast_arrays(sets, numbers)
        yield PubElements(
            number,
            pub,
            named,
            tuple(parameter.name for parameter in circuit.parameters),
            pub.parameters.reshape(size, -1),
            sets.reshape(-1),
            observables.reshape(-1),
        )
