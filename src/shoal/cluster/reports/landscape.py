"""A pub's result as heat maps: one for each observable of each circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from qiskit.primitives import PrimitiveResult, PubResult

from ...primitives.precision import shots_for_precision
from ...primitives.request import Request
from ..sweeps.labels import PubLabels
from .elements import PubElements, elements_of
from .heatmap import Heatmap


def find_landscapes(
    request: Request,
    labels: Sequence[PubLabels],
    result: PrimitiveResult[PubResult],
    unit: str,
) -> Iterator[Heatmap]:
    """Make the maps of the roughest pass over two parameters.

    Args:
        request: An estimator's request.
        labels: One a pub.
        result: What came back.
        unit: Of the expectation values.

    Yields:
        Maps with the second parameter across and the first one down.
    """
    # Of several passes, the one with the fewest shots: what was measured, not what is true.
    roughest = max((pub.precision or 0.0 for pub in request.pubs), default=0.0)
    for elements in elements_of(request, labels):
        if len(elements.labels.dimensions) != 2 or (elements.request.precision or 0.0) < roughest:
            continue
        evs = np.asarray(result[elements.pub].data.evs, dtype=np.float64).reshape(-1)
        for number in range(len(elements.request.observables)):
            chosen = elements.observables == number
            yield _map_of(elements, number, evs[chosen], elements.sets[chosen], unit)


def _map_of(
    elements: PubElements,
    number: int,
    evs: np.ndarray[tuple[int], np.dtype[np.float64]],
    sets: np.ndarray[tuple[int], np.dtype[np.int64]],
    unit: str,
) -> Heatmap:
    y_name, x_name = elements.labels.dimensions
    shape = elements.request.parameters_shape
    values = np.empty(evs.size)
    values[sets] = evs
    axes = {name: elements.values[:, i].reshape(shape) for i, name in enumerate(elements.names)}
    return Heatmap(
        _title(elements, number, unit),
        x_name,
        axes[x_name][0],
        y_name,
        axes[y_name][:, 0],
        values.reshape(shape),
    )


def _title(elements: PubElements, number: int, unit: str) -> str:
    shots = shots_for_precision(elements.request.precision or 0.0)
    named = ", ".join(str(label) for label in elements.labels.observables[number].values())
    how = "exact" if shots is None else f"{shots:,} shots a basis"
    return f"{elements.labels.circuit}: {named}{f' [{unit}]' if unit else ''}, {how}"
