"""Results along one axis: the optimum of each observable, or estimates over one parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.primitives import PrimitiveResult, PubResult

from ...primitives.precision import shots_for_precision
from ...primitives.request import Request
from ..sweeps.labels import PubLabels
from .elements import PubElements, elements_of
from .optimum import Optimum
from .references import References
from .svg import Series

MAX_SERIES = 5
"""More lines than colours could not be told apart."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What one plot shows."""

    title: str
    x_name: str
    y_name: str
    series: tuple[Series, ...]


def optimum_curves(optima: Sequence[Optimum], references: References, unit: str) -> Iterator[Curve]:
    """Plot optima over the one number that labels them.

    Args:
        optima: The optima.
        references: What they are held against.
        unit: Of the expectation values.

    Yields:
        For each circuit whose observables a number tells apart: the values, and where there is a
        reference the differences from it.
    """
    for circuit in dict.fromkeys(one.circuit for one in optima):
        pairs = [
            (one, value)
            for one, value in zip(optima, references.values, strict=True)
            if one.circuit == circuit
        ]
        names = [n for n, label in pairs[0][0].labels.items() if isinstance(label, float)]
        if len(pairs) < 2 or len(names) != 1:
            continue
        x = [float(one.labels[names[0]]) for one, _ in pairs]
        chosen = [one for one, _ in pairs]
        known = [np.nan if value is None else value for _, value in pairs]
        title = f"{circuit}: {chosen[0].sense} over the parameters"
        yield Curve(title, names[0], unit, tuple(_values(chosen, references, known, x)))
        if references.heading and np.isfinite(known).all():
            yield Curve(
                f"{circuit}: estimate minus {references.heading}",
                names[0],
                unit,
                tuple(_differences(chosen, known, x)),
            )


def _values(
    optima: Sequence[Optimum], references: References, known: Sequence[float], x: Sequence[float]
) -> Iterator[Series]:
    if references.heading and np.isfinite(known).all():
        yield Series(references.heading, x, known, style="line")
    for number, reading in enumerate(optima[0].readings):
        if not reading.is_exact:
            yield _points(optima, number, x, [0.0] * len(x))


def _differences(
    optima: Sequence[Optimum], known: Sequence[float], x: Sequence[float]
) -> Iterator[Series]:
    yield Series("zero", x, [0.0] * len(x), style="dashes")
    for number in range(len(optima[0].readings)):
        yield _points(optima, number, x, known)


def _points(
    optima: Sequence[Optimum], number: int, x: Sequence[float], below: Sequence[float]
) -> Series:
    readings = [one.readings[number] for one in optima]
    shots = shots_for_precision(readings[0].precision)
    return Series(
        "exact scan" if shots is None else f"{shots:,} shots a basis",
        x,
        [reading.ev - value for reading, value in zip(readings, below, strict=True)],
        None if shots is None else [reading.std for reading in readings],
        "points",
    )


def scan_curves(
    request: Request,
    labels: Sequence[PubLabels],
    result: PrimitiveResult[PubResult],
    unit: str,
) -> Iterator[Curve]:
    """Plot estimates over one parameter.

    Args:
        request: An estimator's request.
        labels: One a pub.
        result: What came back.
        unit: Of the expectation values.

    Yields:
        One plot for each pub that scans one parameter and has few observables.
    """
    for elements in elements_of(request, labels):
        names = elements.labels.dimensions
        if len(names) != 1 or not 1 <= len(elements.request.observables) <= MAX_SERIES:
            continue
        shots = shots_for_precision(elements.request.precision or 0.0)
        how = "exact" if shots is None else f"{shots:,} shots a basis"
        yield Curve(
            f"{elements.labels.circuit}: {how}",
            names[0],
            unit,
            tuple(_scans(elements, result[elements.pub], is_exact=shots is None)),
        )


def _scans(elements: PubElements, result: PubResult, *, is_exact: bool) -> Iterator[Series]:
    column = elements.names.index(elements.labels.dimensions[0])
    evs, stds = (np.asarray(one).reshape(-1) for one in (result.data.evs, result.data.stds))
    for number, labels in enumerate(elements.labels.observables):
        places = np.flatnonzero(elements.observables == number)
        x = elements.values[elements.sets[places], column]
        order = places[np.argsort(x, kind="stable")]
        yield Series(
            ", ".join(str(label) for label in labels.values()),
            np.sort(x).tolist(),
            evs[order].tolist(),
            None if is_exact else stds[order].tolist(),
            "line" if is_exact else "points",
        )
