"""The best parameters of each observable, chosen honestly.

The least of many noisy estimates is too low on average: it picks the luckiest noise along with the
best parameters. So parameters are chosen in the most precise pass (an exact one, where there is
one), and every other pass, whose shots are its own, is read there: an unbiased estimate with an
honest standard error. Only a pass that chose for itself is biased, and is said to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import PrimitiveResult, PubResult

from ...primitives.observables import Observable
from ...primitives.precision import shots_for_precision
from ...primitives.request import Request
from ..sweeps.labels import Label, PubLabels
from .elements import IntArray, PubElements, elements_of

Sense = Literal["minimum", "maximum"]

TIE = 1e-12
"""Relative difference below which two exact values are the same but for rounding."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One pass's estimate at the chosen parameters."""

    precision: float
    """What the pass asked for; 0 is exact."""
    ev: float
    std: float
    best_ev: float
    """The best estimate anywhere in this pass, luck included."""

    @property
    def is_exact(self) -> bool:
        """Whether the pass computed values, not estimated them from shots."""
        return shots_for_precision(self.precision) is None


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best parameters of one observable of one circuit."""

    circuit: str
    labels: Mapping[str, Label]
    observable: Observable
    point: Mapping[str, float]
    """Parameter to value."""
    readings: tuple[Reading, ...]
    """One a pass, in the order of the sweep."""
    chosen_in: int
    """The pass that chose the parameters."""
    sense: Sense
    """Which end is best."""

    @property
    def chosen(self) -> Reading:
        """The reading of the pass that chose the parameters."""
        return self.readings[self.chosen_in]

    @property
    def roughest(self) -> Reading:
        """The reading of the pass with the fewest shots."""
        return max(self.readings, key=lambda reading: reading.precision)

    @property
    def is_chosen_exactly(self) -> bool:
        """Whether the choice itself is free of noise."""
        return self.chosen.is_exact


def find_optima(
    request: Request,
    labels: Sequence[PubLabels],
    result: PrimitiveResult[PubResult],
    sense: Sense,
) -> list[Optimum]:
    """Find the best parameters for each observable of each circuit.

    Args:
        request: An estimator's request.
        labels: One a pub.
        result: What came back.
        sense: Which end is best.

    Returns:
        Optima in the order of the sweep.
    """
    passes: dict[tuple[object, ...], list[PubElements]] = {}
    for elements in elements_of(request, labels):
        passes.setdefault(_identity(elements), []).append(elements)
    return [one for twins in passes.values() for one in _optima_of(twins, result, sense)]


def _identity(elements: PubElements) -> tuple[object, ...]:
    """Return what all the passes over one circuit, its observables and parameters share."""
    pub = elements.request
    names = tuple(tuple(labels.items()) for labels in elements.labels.observables)
    return elements.labels.circuit, names, pub.shape, pub.observables, pub.parameters.tobytes()


def _optima_of(
    twins: Sequence[PubElements], result: PrimitiveResult[PubResult], sense: Sense
) -> Iterator[Optimum]:
    first = twins[0]
    evs = [_flat(result[twin.pub].data.evs) for twin in twins]
    stds = [_flat(result[twin.pub].data.stds) for twin in twins]
    precisions = [twin.request.precision or 0.0 for twin in twins]
    chosen_in = int(np.argmin(precisions))
    pick = np.argmin if sense == "minimum" else np.argmax
    for number, observable in enumerate(first.request.observables):
        places = np.flatnonzero(first.observables == number)
        best = _best_place(first, places, evs[chosen_in], sense)
        readings = tuple(
            Reading(
                precision, float(ev[best]), float(std[best]), float(ev[places[pick(ev[places])]])
            )
            for precision, ev, std in zip(precisions, evs, stds, strict=True)
        )
        yield Optimum(
            first.labels.circuit,
            first.labels.observables[number],
            observable,
            first.point(best),
            readings,
            chosen_in,
            sense,
        )


def _best_place(
    elements: PubElements, places: IntArray, evs: NDArray[np.float64], sense: Sense
) -> int:
    """Choose an element; where several are best up to rounding, the one nearest to zero."""
    values = evs[places] if sense == "minimum" else -evs[places]
    ties = places[values <= values.min() + TIE * max(1.0, abs(float(values.min())))]
    distances = np.linalg.norm(elements.values[elements.sets[ties]], axis=1)
    return int(ties[np.argmin(distances)])


def _flat(values: object) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).reshape(-1)
